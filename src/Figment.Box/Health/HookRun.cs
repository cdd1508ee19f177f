using System.Globalization;
using Figment.Box.Launching;
using Figment.Model.Specs;

namespace Figment.Box.Health;

/// <summary>Runs hooks one after the other; one that fails is told and the next is run.</summary>
internal static class HookRun
{
    /// <param name="exec">Where.</param>
    /// <param name="hooks">What, in order.</param>
    /// <param name="patience">For all together.</param>
    /// <param name="warn">Told of failures.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Null, or the first failure.</returns>
    public static string? Run(MachineExec exec, IReadOnlyList<HookSpec> hooks, TimeSpan patience, Action<string> warn, TimeProvider time)
    {
        long start = time.GetTimestamp();
        string? failure = null;
        foreach (var hook in hooks)
        {
            var left = patience - time.GetElapsedTime(start);
            var plan = new ExecPlan
            {
                Arguments = hook.Command,
                User = hook.User,
                WorkingDirectory = hook.WorkingDir,
                Environment = [.. hook.Environment.Where(variable => variable.Value is not null).Select(variable => $"{variable.Key}={variable.Value}")],
            };
            var result = CommandRun.Run(exec, plan, left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
            if (result.ExitCode != 0)
            {
                string told = $"hook {string.Join(' ', hook.Command)}: {result.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "not ended"}: {result.Output}";
                warn(told);
                failure ??= told;
            }
        }

        return failure;
    }
}
