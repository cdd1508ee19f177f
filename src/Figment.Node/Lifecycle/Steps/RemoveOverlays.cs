namespace Figment.Node.Lifecycle.Steps;

/// <summary>Removes what the machines wrote, their logs and their anonymous volumes.</summary>
internal sealed class RemoveOverlays : LifecycleStep<DownContext>
{
    public override Task DoAsync(DownContext context, CancellationToken cancellation)
    {
        RemoveFiles.RemoveFolder(context.Parts.Options.Places.ApplicationState(context.Name), context.Name);
        return Task.CompletedTask;
    }
}
