using Figment.Linux.Cgroups;
using Figment.Machines.Idleness;
using Figment.Model.Control;
using Figment.Model.Specs;

namespace Figment.Box.Idleness;

/// <summary>How much a machine of an elastic service has to do, told when it changes. One thread at a time.</summary>
internal sealed class LoadMeter(ResourceSpec resources, MachineCgroup cgroup, Func<int, bool> serves) : IDisposable
{
    /// <summary>A smaller change of processor time is noise.</summary>
    private const int PercentChangeMin = 5;

    private readonly double _processors = resources.Cpus ?? Environment.ProcessorCount;
    private readonly MemoryUse? _memory = MemoryUse.Open(cgroup.Folders);
    private BoxMessage.Load? _told;

    public void TellAgain() => _told = null;

    public void Dispose() => _memory?.Dispose();

    /// <summary>Null: as it was.</summary>
    public BoxMessage.Load? Measure(MachineActivity activity, Activity before, Activity now)
    {
        var (all, queued) = activity.Served(serves);
        double processorUs = (now.AtMs - before.AtMs) * 1000.0 * _processors;
        var load = new BoxMessage.Load
        {
            Connections = all,
            Queued = queued,
            ProcessorPercent = processorUs <= 0 ? _told?.ProcessorPercent ?? 0 : (int)(100 * (now.ProcessorUs - before.ProcessorUs) / processorUs),
            MemoryPercent = resources.MemoryBytes is > 0 and var limit && _memory is not null ? (int)(100 * _memory.ReadBytes() / limit) : 0,
        };
        if (_told is { } told && (told.Connections, told.Queued) == (load.Connections, load.Queued)
            && Math.Abs(told.ProcessorPercent - load.ProcessorPercent) < PercentChangeMin && Math.Abs(told.MemoryPercent - load.MemoryPercent) < PercentChangeMin)
        {
            return null;
        }

        _told = load;
        return load;
    }
}
