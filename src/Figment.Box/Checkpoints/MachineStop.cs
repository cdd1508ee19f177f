using Figment.Box.Freezing;
using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Migration.Criu;

namespace Figment.Box.Checkpoints;

/// <summary>What every way out of a running machine has in common: one at a time, and the machine stands still with nothing in it that would be lost.</summary>
/// <param name="checkpoint">Knows what a snapshot does not hold.</param>
/// <param name="freeze">Makes it stand still.</param>
/// <param name="cgroup">Its groups.</param>
/// <param name="network">Its network namespace.</param>
/// <param name="relayed">How many connections go through the box.</param>
internal sealed class MachineStop(MachineCheckpoint checkpoint, MachineFreeze freeze, MachineCgroup cgroup, Descriptor network, Func<int> relayed)
{
    private int _taken;

    /// <summary>Null: somebody else is at it.</summary>
    public IDisposable? TryTake() => Interlocked.Exchange(ref _taken, 1) == 0 ? new Turn(this) : null;

    /// <summary>Null: it stands still. Else what is in the way.</summary>
    public string? StandStill(bool ifFrozen, out MachineFreeze.Standstill? still)
    {
        still = freeze.StandStill(ifFrozen, out string moving);
        return still is null ? moving
            : relayed() is > 0 and var count ? $"{count} of its connections came before its own socket and go through its box: a snapshot would not hold them"
            : checkpoint.Outsider(cgroup.Processes());
    }

    /// <summary>After a dump that failed: the machine goes on, with its connections.</summary>
    /// <returns>Null, or what could not be mended.</returns>
    public string? Mend()
    {
        try
        {
            BrokenDump.Mend(cgroup, network);
            return null;
        }
        catch (Exception exception) when (exception is CriuException or LinuxException or IOException)
        {
            return $"after a dump that failed: {exception.Message}";
        }
    }

    private sealed class Turn(MachineStop stop) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref stop._taken, 0);
    }
}
