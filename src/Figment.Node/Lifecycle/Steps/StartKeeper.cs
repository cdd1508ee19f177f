using Figment.Model.Control;
using Figment.Model.States;
using Figment.Node.Errors;
using Figment.Node.Keepers;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Starts the keeper, or tells the one that runs to read its launch file again.</summary>
internal sealed class StartKeeper : LifecycleStep<UpContext>
{
    /// <summary>An update may stop machines whose revision changed, each with its grace time.</summary>
    private static readonly TimeSpan UpdateWait = TimeSpan.FromMinutes(5);

    /// <summary>Beside the grace times, for killing and tidying.</summary>
    private static readonly TimeSpan DownWait = TimeSpan.FromMinutes(1);

    public override async Task DoAsync(UpContext context, CancellationToken cancellation)
    {
        var keepers = context.Parts.Keepers;
        var machines = context.RequiredPlan.Launch.Machines;
        context.Parts.Journal.OpenIntervals(context.Spec.Name, context.Record!.Incarnation, machines);
        context.KeeperWasRunning = context.LaunchBefore is not null && await keepers.AdoptAsync(context.Spec.Name, cancellation).ConfigureAwait(false);
        if (context.KeeperWasRunning)
        {
            await ReportAsync(context, cancellation).ConfigureAwait(false);
            await keepers.Client(context.Spec.Name).AskAsync(new KeeperRequest.Update { Revive = !context.Request.NoStart }, UpdateWait, cancellation).ConfigureAwait(false);
        }
        else
        {
            await keepers.StartAsync(context.Spec.Name, cancellation).ConfigureAwait(false);
        }

        context.Parts.Ledgers.Follow(context.Spec.Name, context.Record.Incarnation);

        // After their last events: what comes later would open them again.
        context.Parts.Ledgers.Import(context.Spec.Name);
        context.Parts.Journal.CloseIntervalsBut(context.Spec.Name, machines);
    }

    /// <summary>Programs of machines that have changed, or are no more, are given their grace time: whoever waits is told for what.</summary>
    private static async Task ReportAsync(UpContext context, CancellationToken cancellation)
    {
        var before = context.PreviousLaunch?.Machines.ToDictionary(machine => machine.Name, machine => machine.Revision) ?? [];
        var after = context.RequiredPlan.Launch.Machines.ToDictionary(machine => machine.Name, machine => machine.Revision);
        var status = await context.Parts.Keepers.Client(context.Spec.Name).AskAsync(new KeeperRequest.Status(), KeeperClient.Quick, cancellation).ConfigureAwait(false);
        foreach (var machine in (status.Machines ?? []).Where(machine => machine.State is MachineState.Starting or MachineState.Running or MachineState.Frozen or MachineState.Hibernated))
        {
            if (after.GetValueOrDefault(machine.Machine) is not { } revision)
            {
                context.Operation.Report($"machine {machine.Machine}", "removing");
            }
            else if (before.GetValueOrDefault(machine.Machine) != revision)
            {
                context.Operation.Report($"machine {machine.Machine}", "renewing");
            }
        }
    }

    /// <summary>The launch file before is put back by the step before, after this one: a keeper that ran gets it at the end of the undoing.</summary>
    public override async Task UndoAsync(UpContext context)
    {
        var keepers = context.Parts.Keepers;
        if (context.LaunchBefore is { } before)
        {
            AtomicFile.Write(context.LaunchPath, System.Text.Encoding.UTF8.GetBytes(before), WriteLaunch.LaunchMode);
            if (context.KeeperWasRunning)
            {
                await keepers.Client(context.Spec.Name).AskAsync(new KeeperRequest.Update(), UpdateWait, CancellationToken.None).ConfigureAwait(false);
            }

            context.Parts.Journal.CloseIntervalsBut(context.Spec.Name, context.PreviousLaunch?.Machines ?? []);
            return;
        }

        try
        {
            await KeeperDown.EndAsync(context.Parts, context.Spec.Name, context.RuntimeFolder, isStarted: false, new KeeperRequest.Down(), DownWait, () => { }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (NodeException)
        {
            // No keeper can be started: what one before has left, if any, the removal names.
        }

        context.Parts.Ledgers.Stop(context.Spec.Name);
        RemoveFiles.RemoveFolder(context.RuntimeFolder, context.Spec.Name);
    }
}
