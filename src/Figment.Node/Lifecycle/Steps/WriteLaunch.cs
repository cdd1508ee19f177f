using System.Text;
using System.Text.Json;
using Figment.Model.Launch;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Leaves the keeper its launch file.</summary>
internal sealed class WriteLaunch : LifecycleStep<UpContext>
{
    /// <summary>It holds environment variables of services.</summary>
    public const UnixFileMode LaunchMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public override Task DoAsync(UpContext context, CancellationToken cancellation)
    {
        Directory.CreateDirectory(context.Parts.Options.Places.ApplicationState(context.Spec.Name));
        Write(context.LaunchPath, context.RequiredPlan.Launch);
        return Task.CompletedTask;
    }

    public override Task UndoAsync(UpContext context)
    {
        if (context.LaunchBefore is { } text)
        {
            AtomicFile.Write(context.LaunchPath, Encoding.UTF8.GetBytes(text), LaunchMode);
        }
        else
        {
            File.Delete(context.LaunchPath);
        }

        return Task.CompletedTask;
    }

    internal static void Write(string path, ApplicationLaunch launch) =>
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(launch, LaunchJson.Default.ApplicationLaunch), LaunchMode);
}
