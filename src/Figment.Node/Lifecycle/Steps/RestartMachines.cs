using Figment.Model.Control;
using Figment.Model.States;

namespace Figment.Node.Lifecycle.Steps;

/// <summary><c>--force-recreate</c>: machines that run are restarted although nothing in them changed. Not taken back: they run either way.</summary>
internal sealed class RestartMachines : LifecycleStep<UpContext>
{
    private static readonly TimeSpan RestartWait = TimeSpan.FromMinutes(5);

    public override async Task DoAsync(UpContext context, CancellationToken cancellation)
    {
        if (!context.Request.ForceRecreate || !context.KeeperWasRunning)
        {
            return;
        }

        var client = context.Parts.Keepers.Client(context.Spec.Name);
        var status = await client.AskAsync(new KeeperRequest.Status(), Keepers.KeeperClient.Quick, cancellation).ConfigureAwait(false);
        foreach (var machine in status.Machines ?? [])
        {
            if (machine.State is MachineState.Running or MachineState.Frozen or MachineState.Hibernated or MachineState.Starting)
            {
                context.Operation.Report($"machine {machine.Machine}", "restarting");
                await client.AskAsync(new KeeperRequest.Restart { Machine = machine.Machine }, RestartWait, cancellation).ConfigureAwait(false);
            }
        }
    }
}
