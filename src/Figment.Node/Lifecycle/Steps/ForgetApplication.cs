namespace Figment.Node.Lifecycle.Steps;

/// <summary>Gives back networks, addresses and ports. The events stay in the journal.</summary>
internal sealed class ForgetApplication : LifecycleStep<DownContext>
{
    public override Task DoAsync(DownContext context, CancellationToken cancellation)
    {
        context.Parts.Journal.ForgetApplication(context.Name);
        context.Operation.Report($"application {context.Name}", "removed");
        return Task.CompletedTask;
    }
}
