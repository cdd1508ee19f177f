using System.Security.Cryptography;
using Figment.Node.Addresses;
using Figment.Node.Journal;
using Figment.Node.Planning;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Plans, and writes the application with what it holds into the journal: from here on it is wanted.</summary>
internal sealed class AllocateNetworks : LifecycleStep<UpContext>
{
    private const int TagBytes = 3;

    public override async Task DoAsync(UpContext context, CancellationToken cancellation)
    {
        var parts = context.Parts;
        await parts.Allocating.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var applications = parts.Journal.Applications();
            string tag = context.Before?.Tag ?? NewTag([.. applications.Select(application => application.Tag)]);
            var facts = NodeFactsReader.Read(parts.Journal, context.Spec.Name);
            context.Plan = LaunchPlanner.Plan(new PlanInput
            {
                Spec = context.Spec,
                Options = parts.Options,
                Node = facts,
                Epoch = context.Epoch,
                Tag = tag,
                Images = context.Images,
                Held = context.HeldBefore,
                Previous = context.PreviousLaunch,
                FileDigests = context.FileDigests,
                Placement = context.Placement,
                RemoveOrphans = context.Request.RemoveOrphans,
                NoStart = context.Request.NoStart,
            });
            bool newLedger = context.Before is null || context.Before.Boot != parts.Boot;
            context.Record = new ApplicationRecord
            {
                Name = context.Spec.Name,
                Epoch = context.Epoch,
                Incarnation = newLedger ? parts.Journal.NextIncarnation(context.Spec.Name) : context.Before!.Incarnation,
                Wanted = WantedState.Up,
                Tag = tag,
                Spec = context.Spec,
                Boot = parts.Boot,
            };
            parts.Journal.PutApplication(context.Record, context.Plan.Allocations);
        }
        finally
        {
            parts.Allocating.Release();
        }

        foreach (string warning in context.Plan.Warnings)
        {
            context.Operation.Report(new Api.Contract.ProgressLine { Warning = warning });
        }

        foreach (var network in context.Plan.Launch.Networks)
        {
            context.Operation.Report($"network {network.Name}", network.Subnet);
        }
    }

    public override Task UndoAsync(UpContext context)
    {
        if (context.Record is not null)
        {
            if (context.Before is { } before)
            {
                context.Parts.Journal.PutApplication(before, context.HeldBefore);
            }
            else
            {
                context.Parts.Journal.ForgetApplication(context.Spec.Name);
            }
        }

        return Task.CompletedTask;
    }

    private static string NewTag(HashSet<string> taken)
    {
        string tag;
        do
        {
            tag = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TagBytes));
        }
        while (taken.Contains(tag));
        return tag;
    }
}
