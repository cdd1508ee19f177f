using Figment.Box.Control;
using Figment.Linux.Files;
using Figment.Migration.Lazy;
using Figment.Model.Control;

namespace Figment.Box.Arrivals;

/// <summary>What the machine lacks memory by, which the keeper holds as well; see <see cref="BoxMessage.MemoryMissing"/>. Any thread.</summary>
internal sealed class HeldFaults(KeeperLink keeper) : IFaultHolder
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Descriptor, long> _numbers = [];
    private long _last;

    public void Hold(Descriptor faults)
    {
        lock (_lock)
        {
            _numbers.Add(faults, ++_last);
            Tell(faults, _last);
        }
    }

    public void Drop(Descriptor faults)
    {
        lock (_lock)
        {
            if (_numbers.Remove(faults, out long number))
            {
                keeper.Send(new BoxMessage.MemoryComplete { Number = number });
            }
        }
    }

    /// <summary>Another keeper has come.</summary>
    public void TellAgain()
    {
        lock (_lock)
        {
            foreach (var (faults, number) in _numbers)
            {
                Tell(faults, number);
            }
        }
    }

    private void Tell(Descriptor faults, long number) => keeper.Send(new BoxMessage.MemoryMissing { Number = number }, [faults.Number]);
}
