using Figment.Keeper.Hibernation;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Keeper.Metering;

/// <summary>Counts the snapshots that boxes tell of. The loop's thread.</summary>
internal sealed class SnapshotMeter
{
    private readonly Dictionary<(string Service, SnapshotUse Use), SnapshotCount> _counts = [];

    public IReadOnlyList<SnapshotCount> Counts => [.. _counts.Values];

    /// <summary>What else boxes say is none of it.</summary>
    public void Count(ApplicationLaunch launch, MachineLaunch machine, BoxMessage message)
    {
        switch (message)
        {
            case BoxMessage.Checkpointed done:
                var before = Of(launch, machine, done.Folder);
                _counts[(before.Service, before.Use)] = before with { Done = before.Done + 1, TookMs = before.TookMs + done.TookMs, PauseMs = before.PauseMs + done.PauseMs, Bytes = before.Bytes + done.Bytes };
                break;
            case BoxMessage.CheckpointFailed failed:
                before = Of(launch, machine, failed.Folder);
                _counts[(before.Service, before.Use)] = before with { Failed = before.Failed + 1 };
                break;
        }
    }

    private SnapshotCount Of(ApplicationLaunch launch, MachineLaunch machine, string folder)
    {
        var use = KindSnapshots.IsOwn(launch, folder) ? SnapshotUse.Warm : StoredMachines.IsOwn(launch, machine.Name, folder) ? SnapshotUse.Hibernate : SnapshotUse.User;
        return _counts.GetValueOrDefault((machine.Service, use)) ?? new SnapshotCount { Service = machine.Service, Use = use };
    }
}
