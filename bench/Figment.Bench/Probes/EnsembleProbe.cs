using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Figment.Bench.Probes;

/// <summary>
/// Reads from an ensemble of ZooKeeper and sees whether it is whole. It prints <c>whole</c> when it first is, with who leads; told <c>watch</c>, it answers <c>watching</c>, and from then on waits until the first
/// member has died, runs again and belongs to it: <c>whole</c> again, with the moment (CLOCK_MONOTONIC, in ticks of <see cref="Stopwatch"/>). Told <c>end</c>, it prints reads, those repeated, those failed, and the longest in milliseconds.
/// </summary>
internal sealed class EnsembleProbe(IReadOnlyList<IPAddress> hosts)
{
    private const int Clients = 3;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    /// <summary>For a word and its answer. A member that is not there yet would else be asked again only after a second, when its address had been asked for in vain.</summary>
    private static readonly TimeSpan WordLimit = TimeSpan.FromMilliseconds(500);

    public static async Task RunAsync(string[] words)
    {
        IReadOnlyList<IPAddress> hosts = [.. words.Select(IPAddress.Parse)];
        await new EnsembleProbe(hosts).RunAsync();
    }

    private async Task RunAsync()
    {
        await UntilWholeAsync(null);
        int leader = 1 + (await LeaderAsync() ?? -1);
        await SayAsync($"whole {leader}");

        using var end = new CancellationTokenSource();
        ReadingClient[] clients = [.. Enumerable.Range(0, Clients).Select(first => new ReadingClient(hosts, first))];
        Task reading = Task.WhenAll(clients.Select(client => client.RunAsync(end.Token)));
        while (await Console.In.ReadLineAsync(CancellationToken.None) is { } line && line != "end")
        {
            long watched = Stopwatch.GetTimestamp();
            await SayAsync("watching");
            long whole = await UntilWholeAsync(watched);
            await SayAsync(string.Create(CultureInfo.InvariantCulture, $"whole {whole}"));
        }

        await end.CancelAsync();
        await reading;
        await SayAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{clients.Sum(client => client.Reads)} {clients.Sum(client => client.Repeated)} {clients.Sum(client => client.Failed)} {clients.Max(client => client.Longest).TotalMilliseconds:F1}"));
    }

    private static async Task SayAsync(string line)
    {
        await Console.Out.WriteLineAsync(line);
        await Console.Out.FlushAsync();
    }

    /// <summary>When the first member follows or leads, and its leader has two followers in step.</summary>
    /// <param name="bornAfter">The first member's process is to be younger than this moment.</param>
    private async Task<long> UntilWholeAsync(long? bornAfter)
    {
        using var timer = new PeriodicTimer(Pace);
        while (true)
        {
            if (await AskAsync(hosts[0]) is { } member && member.ContainsKey("zk_server_state")
                && (bornAfter is not { } after || double.Parse(member["zk_uptime"], CultureInfo.InvariantCulture) < Stopwatch.GetElapsedTime(after, Stopwatch.GetTimestamp()).TotalMilliseconds)
                && await LeaderAsync() is not null)
            {
                return Stopwatch.GetTimestamp();
            }

            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>Whose two followers are in step.</summary>
    private async Task<int?> LeaderAsync()
    {
        for (int host = hosts.Count - 1; host >= 0; host--)
        {
            if (await AskAsync(hosts[host]) is { } words && words.GetValueOrDefault("zk_server_state") == "leader")
            {
                return words.GetValueOrDefault("zk_synced_followers") == "2" ? host : null;
            }
        }

        return null;
    }

    /// <summary>What a member says of itself; null if it does not.</summary>
    private static async Task<Dictionary<string, string>?> AskAsync(IPAddress host)
    {
        using var limit = new CancellationTokenSource(WordLimit);
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(host, ZooKeeperSession.Port), limit.Token);
            await socket.SendAsync("mntr"u8.ToArray(), limit.Token);
            using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            string text = await reader.ReadToEndAsync(limit.Token);
            return text.Split('\n').Select(line => line.Split('\t', 2)).Where(pair => pair.Length == 2).GroupBy(pair => pair[0]).ToDictionary(pairs => pairs.Key, pairs => pairs.First()[1]);
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            return null;
        }
    }
}
