using Figment.Machines.Inputs;

namespace Figment.Simulation.Engine;

/// <summary>To storage and back.</summary>
internal sealed partial class MachineModel
{
    /// <summary>On storage, with its connections.</summary>
    public bool IsStored => _phase == BoxPhase.Stored;

    /// <summary>Of a machine on storage: when a request of it goes on by itself.</summary>
    public long? GoesOnInMs => NextEndUs() is { } us ? Math.Max(0, (us + 999) / 1_000) : null;

    /// <summary>To storage, unless it has gone on meanwhile.</summary>
    public void Store() => After(Model.StoreUs, _life, () =>
    {
        if (!IsFrozen || _isThawing)
        {
            Say(box => new MachineInput.NotStoredSaid(Name, box, "it is not frozen any more"));
            return;
        }

        Account();
        (IsFrozen, _phase) = (false, BoxPhase.Stored);
        long box = Box;
        Say(number => new MachineInput.StoredSaid(Name, number, Model.StoreUs / 1_000));
        _queue.In(Model.BoxEndUs, () =>
        {
            if (Box == box)
            {
                EndBox();
            }
        });
    });

    /// <summary>What is on storage of it is dropped.</summary>
    public void Drop()
    {
        if (IsStored)
        {
            Perish("the machine was dropped from storage");
        }
    }

    /// <summary>Who holds its connections while it is on storage is gone.</summary>
    public void LoseConnections(string why)
    {
        _life++;
        _onThaw.Clear();
        FailAll(why);
    }

    private void Return(long box)
    {
        (Box, _phase, IsHeld) = (box, BoxPhase.Returns, false);
        _look.Forget();
        After(Model.RestoreUs, _life, () =>
        {
            if (_phase != BoxPhase.Returns || Box != box)
            {
                return;
            }

            Account();
            _phase = BoxPhase.Listens;
            Say(number => new MachineInput.BoxStarted(Name, number));
            _look.Begin();
            GoOn();
        });
    }

    private long? NextEndUs()
    {
        var waits = _connections.Where(connection => connection.Current is not null).Select(connection => connection.DoneAtUs - _queue.NowUs).ToList();
        return waits.Count == 0 ? null : waits.Min();
    }
}
