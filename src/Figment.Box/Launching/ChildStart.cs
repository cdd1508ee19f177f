using Figment.Box.Diagnostics;
using Figment.Linux.Children;
using Figment.Linux.Errors;
using Figment.Linux.Processes;
using Figment.Linux.Seccomp;

namespace Figment.Box.Launching;

/// <summary>Sees a forked child through to its exec. Any thread that has the node's root.</summary>
internal static class ChildStart
{
    /// <param name="child">Started.</param>
    /// <param name="process">It.</param>
    /// <param name="plan">What it will execute.</param>
    /// <param name="watch">Takes the listener of its trapped calls, before any can be made.</param>
    /// <param name="warn">For what failed and may.</param>
    /// <param name="timeline">Told when its filter is in place.</param>
    /// <exception cref="LaunchFailedException">It could not be executed; the child has ended and is not yet reaped.</exception>
    public static void Complete(PreparedChild child, Pidfd process, ProgramPlan plan, Action<TrapListener> watch, Action<string> warn, StartTimeline? timeline = null)
    {
        var notExecuted = Complete(child, process, plan.Arguments[0], watch, warn, timeline);
        if (notExecuted.Count == plan.Candidates.Count)
        {
            throw NotExecuted(plan, notExecuted);
        }
    }

    /// <param name="child">Started.</param>
    /// <param name="process">It.</param>
    /// <param name="name">Of what it will execute.</param>
    /// <param name="watch">Takes the listener of its trapped calls, before any can be made.</param>
    /// <param name="warn">For what failed and may.</param>
    /// <param name="timeline">Told when its filter is in place.</param>
    /// <returns>The paths that could not be executed: if these are all, it has ended.</returns>
    /// <exception cref="LaunchFailedException">A step before failed; the child has ended and is not yet reaped.</exception>
    public static IReadOnlyList<ChildReport> Complete(PreparedChild child, Pidfd process, string name, Action<TrapListener> watch, Action<string> warn, StartTimeline? timeline = null)
    {
        List<ChildReport> notExecuted = [];
        ChildReport? ended = null;
        while (child.ReadReport() is { } report)
        {
            if (PreparedChild.ExecutePath(report) is not null)
            {
                notExecuted.Add(report);
            }
            else if (report.Error != Errno.None)
            {
                if (report.Ended)
                {
                    ended = report;
                }
                else
                {
                    warn($"{report.Label}: {report.Error}");
                }
            }
            else if (report.Label == PreparedChild.NotifyFilterLabel)
            {
                var listener = process.TakeDescriptor((int)report.Result)
                    ?? throw new LaunchFailedException(LaunchFailedException.Machine, $"start {name}: the process ended, or lost its listener, before its trapped calls could be answered");
                watch(new TrapListener(listener));
                timeline?.Done("filter");
                child.Go();
            }
        }

        return ended is { } failed ? throw new LaunchFailedException(LaunchFailedException.Machine, $"start {name}: {failed.Label}: {failed.Error}") : notExecuted;
    }

    private static LaunchFailedException NotExecuted(ProgramPlan plan, IReadOnlyList<ChildReport> reports)
    {
        var found = reports.Where(report => report.Error is not (Errno.ENOENT or Errno.ENOTDIR)).ToList();
        if (found.Count > 0)
        {
            return new LaunchFailedException(
                LaunchFailedException.NotExecutable, $"cannot execute {PreparedChild.ExecutePath(found[0])}: {found[0].Error}; is it a program of this processor, and executable by the user?");
        }

        return new LaunchFailedException(
            LaunchFailedException.NotFound,
            plan.Candidates.Count == 1
                ? $"{plan.Candidates[0]}: there is no such file in the machine (or not the interpreter that it names)"
                : $"{plan.Arguments[0]}: not found along the machine's PATH ({string.Join(", ", plan.Candidates.Select(Path.GetDirectoryName))})");
    }
}
