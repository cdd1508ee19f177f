using Figment.Node.Names;

namespace Figment.Node.Lifecycle.Steps;

/// <summary><c>down --volumes</c>: removes the application's named volumes, but external ones.</summary>
internal sealed class RemoveVolumes : LifecycleStep<DownContext>
{
    public override Task DoAsync(DownContext context, CancellationToken cancellation)
    {
        if (!context.Volumes)
        {
            return Task.CompletedTask;
        }

        foreach (var volume in context.Record.Spec.Volumes.Where(volume => !volume.External))
        {
            ObjectNames.CheckVolume(volume.Name);
            RemoveFiles.RemoveFolder(Path.Combine(context.Parts.Options.Places.Volumes, volume.Name), context.Name);
            context.Operation.Report($"volume {volume.Name}", "removed");
        }

        return Task.CompletedTask;
    }
}
