using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Figment.Bench.Probes;

/// <summary>
/// An open loop of HTTP requests: each has its moment, kept whatever became of those before it, and its time counts from that moment. So a service that falls behind is seen to.
/// A low rate, then at once a high one. At the step it prints <c>step</c>, at the end a line for each request: moment and time in microseconds, the moment counted from the step; the status; who answered.
/// </summary>
internal sealed class LoadProbe : IDisposable
{
    /// <summary>A request that has no answer by then has failed.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(60);

    /// <summary>How often it is seen which requests are due.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>Asked one after another before all else: the compilation of this program is not to gather requests that are due.</summary>
    private const int WarmUpRequests = 50;

    private readonly HttpClient _client;
    private readonly Uri _address;
    private readonly List<(long MomentUs, Task<(long EndUs, string Answer)> Task)> _requests = [];
    private long _start;

    private LoadProbe(Uri address)
    {
        _address = address;
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = AnswerLimit };
    }

    private long NowUs => (long)Stopwatch.GetElapsedTime(_start).TotalMicroseconds;

    /// <param name="words">Host and port, requests a second before and after the step, seconds before and after it.</param>
    public static async Task RunAsync(string[] words)
    {
        int[] numbers = [.. words[2..].Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        using var probe = new LoadProbe(new Uri($"http://{words[0]}:{words[1]}/"));
        for (int request = 0; request < WarmUpRequests; request++)
        {
            await probe.AskAsync();
        }

        probe._start = Stopwatch.GetTimestamp();
        await probe.SendAsync(numbers[0], 0, numbers[2]);
        await Console.Out.WriteLineAsync("step");
        await Console.Out.FlushAsync();
        await probe.SendAsync(numbers[1], numbers[2], numbers[3]);
        await probe.PrintAsync(numbers[2]);
    }

    public void Dispose() => _client.Dispose();

    private async Task SendAsync(int rate, int fromSeconds, int seconds)
    {
        using var timer = new PeriodicTimer(Tick);
        int sent = 0;
        while (sent < rate * seconds)
        {
            for (long momentUs = MomentUs(); sent < rate * seconds && momentUs <= NowUs; momentUs = MomentUs())
            {
                _requests.Add((momentUs, AskAsync()));
                sent++;
            }

            await timer.WaitForNextTickAsync();
        }

        // The last one is due before the phase is over.
        while (NowUs < (fromSeconds + seconds) * 1_000_000L)
        {
            await timer.WaitForNextTickAsync();
        }

        long MomentUs() => (fromSeconds * 1_000_000L) + (sent * 1_000_000L / rate);
    }

    private async Task<(long EndUs, string Answer)> AskAsync()
    {
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(_address);
            string text = await response.Content.ReadAsStringAsync();
            return (NowUs, FormattableString.Invariant($"{(int)response.StatusCode}\t{text.Split(' ')[0].Trim()}"));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            return (NowUs, $"{exception.GetType().Name}\t-");
        }
    }

    private async Task PrintAsync(int stepSeconds)
    {
        foreach (var (momentUs, task) in _requests)
        {
            var (endUs, answer) = await task;
            await Console.Out.WriteLineAsync(FormattableString.Invariant($"{momentUs - (stepSeconds * 1_000_000L)}\t{endUs - momentUs}\t{answer}"));
        }
    }
}
