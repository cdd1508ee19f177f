using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.SocketDiagnostics;
using Figment.Machines.Idleness;

namespace Figment.Box.Idleness;

/// <summary>Reads what a machine does, without touching it: its processor time; only if it used some, whether segments or datagrams came or went; and only if so, the bytes that its connections carried. Made and used by one thread, which is in the machine's network namespace.</summary>
internal sealed class MachineActivity : IDisposable
{
    private readonly ProcessorTime _processor;
    private readonly TrafficCount _traffic;
    private readonly SocketTable _sockets = new();
    private readonly Func<long> _outputBytes;
    private readonly TimeProvider _time;
    private readonly long _origin;
    private Dictionary<ulong, ListedSocket> _connections = [];
    private long _networkBytes;
    private long _segments = -1;
    private long _datagrams;
    private long _processorUs = -1;

    public MachineActivity(ProcessorTime processor, int program, Func<long> outputBytes, TimeProvider time)
    {
        (_processor, _outputBytes, _time) = (processor, outputBytes, time);
        _origin = time.GetTimestamp();
        _traffic = new TrafficCount(program);
        _datagrams = _traffic.Read().Datagrams;
    }

    /// <summary>Addresses at the other ends of the connections, as of the last look that saw the machine do something.</summary>
    public IReadOnlyList<string> Peers => [.. _connections.Values.Where(connection => !connection.IsInternal).Select(connection => connection.Remote.ToAddress().ToString()).Distinct()];

    /// <summary>Connections that others have made to ports at which this is true, and those of them that wait to be accepted, as of the last look that saw the machine do something.</summary>
    public (int All, int Queued) Served(Func<int, bool> serves)
    {
        int all = 0;
        int queued = 0;
        foreach (var connection in _connections.Values)
        {
            if (serves(connection.Local.Port))
            {
                all++;
                queued += connection.IsAccepted ? 0 : 1;
            }
        }

        return (all, queued);
    }

    /// <param name="asked">Passed on.</param>
    /// <param name="always">Connections are counted even if no program ran: some may wait.</param>
    /// <exception cref="IOException">The machine is gone.</exception>
    /// <exception cref="LinuxException">Its sockets could not be listed.</exception>
    public Activity Read(int asked, bool always)
    {
        long processorUs = _processor.ReadUs();
        if (always || processorUs != _processorUs)
        {
            // Whoever did not run has neither sent nor read anything.
            _processorUs = processorUs;
            CountTraffic();
        }

        return new Activity((long)_time.GetElapsedTime(_origin).TotalMilliseconds, processorUs, _networkBytes, _outputBytes(), asked);
    }

    public void Dispose()
    {
        _sockets.Dispose();
        _traffic.Dispose();
    }

    /// <summary>To list connections is what costs: the kernel walks through its table of all network namespaces. Without a segment none has come, gone or carried anything; one that waited may have been accepted.</summary>
    private void CountTraffic()
    {
        var (segments, datagrams) = _traffic.Read();
        _networkBytes += (datagrams - _datagrams) * IdleLimits.DatagramBytes;
        _datagrams = datagrams;
        if (segments != _segments || _connections.Values.Any(connection => !connection.IsAccepted))
        {
            _segments = segments;
            CountConnections();
        }
    }

    private void CountConnections()
    {
        var now = new Dictionary<ulong, ListedSocket>();
        foreach (var connection in _sockets.TcpConnections())
        {
            if (connection.IsInternal || !now.TryAdd(connection.Cookie, connection))
            {
                continue;
            }

            // One that is about to close is listed without its bytes.
            _networkBytes += _connections.Remove(connection.Cookie, out var before)
                ? (long)(connection.PayloadBytes - Math.Min(connection.PayloadBytes, before.PayloadBytes))
                : (long)connection.PayloadBytes + IdleLimits.ConnectionBytes;
        }

        _networkBytes += _connections.Count * IdleLimits.ConnectionBytes;
        _connections = now;
    }
}
