using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Figment.Bench.Probes;

/// <summary>A client that reads at a steady rate from one member of an ensemble and, as ZooKeeper's clients do, goes on with the next when it loses that one.</summary>
internal sealed class ReadingClient(IReadOnlyList<IPAddress> hosts, int first)
{
    private const string Path = "/zookeeper/config";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    /// <summary>A member that does not answer by then is given up.</summary>
    private static readonly TimeSpan TryLimit = TimeSpan.FromSeconds(1);

    /// <summary>A read without an answer by then has failed.</summary>
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(5);

    private int _host = first;
    private ZooKeeperSession? _session;

    public int Reads { get; private set; }

    /// <summary>That were answered, but by another member than the one asked first.</summary>
    public int Repeated { get; private set; }

    public int Failed { get; private set; }

    public TimeSpan Longest { get; private set; }

    /// <summary>Until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Pace);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                await ReadAsync(cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the measure.
        }
        finally
        {
            _session?.Dispose();
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        bool isFirst = true;
        while (!await TryAsync(cancellation))
        {
            isFirst = false;
            if (Stopwatch.GetElapsedTime(start) > ReadLimit)
            {
                Failed++;
                return;
            }
        }

        Reads++;
        Repeated += isFirst ? 0 : 1;
        var elapsed = Stopwatch.GetElapsedTime(start);
        Longest = elapsed > Longest ? elapsed : Longest;
    }

    private async Task<bool> TryAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TryLimit);
        try
        {
            _session ??= await ZooKeeperSession.OpenAsync(hosts[_host % hosts.Count], limit.Token);
            await _session.ReadAsync(Path, limit.Token);
            return true;
        }
        catch (Exception exception) when (exception is IOException or SocketException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            _session?.Dispose();
            _session = null;
            _host++;
            return false;
        }
    }
}
