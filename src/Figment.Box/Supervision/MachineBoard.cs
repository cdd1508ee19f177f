using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.States;

namespace Figment.Box.Supervision;

/// <summary>What is known of the machine now: what a keeper that comes later is told. Any thread.</summary>
internal sealed class MachineBoard(BoxMessage.Launch launch, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly List<KnownPort> _ports = [];
    private IReadOnlyDictionary<string, string> _cgroups = new Dictionary<string, string>();
    private HealthState _health = launch.Machine.HealthCheck is { Disable: false, Test.Count: > 0 } ? HealthState.Starting : HealthState.None;
    private bool _hasListened;
    private bool _isFrozen;
    private int? _pid;

    /// <summary>It began from a snapshot of its kind.</summary>
    public bool IsClone { get; set; } = launch is { IsClone: true, UsesSnapshotUp: false };

    public void Started(int pid, IReadOnlyDictionary<string, string> cgroups)
    {
        lock (_lock)
        {
            (_pid, _cgroups) = (pid, cgroups);
        }
    }

    public void Listening(BoxMessage.Listening listening)
    {
        lock (_lock)
        {
            _hasListened = true;
            if (listening.Loopback)
            {
                return;
            }

            _ports.RemoveAll(port => port.Port == listening.Port && port.Protocol == listening.Protocol);
            _ports.Add(new KnownPort { Port = listening.Port, Protocol = listening.Protocol, Family = listening.Family });
        }
    }

    /// <summary>Others reach a server of the machine at this port.</summary>
    public bool Serves(int port)
    {
        lock (_lock)
        {
            return _ports.Exists(known => known.Port == port);
        }
    }

    public void Health(HealthState state)
    {
        lock (_lock)
        {
            _health = state;
        }
    }

    public void OnFreeze(BoxMessage message)
    {
        lock (_lock)
        {
            _isFrozen = message is BoxMessage.Frozen;
        }
    }

    public BoxMessage.Report Report()
    {
        lock (_lock)
        {
            return new BoxMessage.Report
            {
                Machine = launch.Machine.Name,
                BoxPid = Environment.ProcessId,
                Pid = _pid,
                Revision = launch.Machine.Revision,
                HasListened = _hasListened,
                Health = _health,
                IsFrozen = _isFrozen,
                IsClone = IsClone,
                StartedAt = _startedAt,
                Ports = [.. _ports],
                Cgroups = _cgroups,
            };
        }
    }
}
