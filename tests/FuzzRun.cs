using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Figment.Tests;

/// <summary>
/// One run of a fuzzer. An input's number and the run's seed make its <see cref="Random"/>, so that what failed is seen again alone:
/// <c>FIGMENT_FUZZ_SEED</c> and <c>FIGMENT_FUZZ_INPUT</c>. <c>FIGMENT_FUZZ_SECONDS</c> says for how long, <c>FIGMENT_FUZZ_WORKERS</c> with how many threads.
/// </summary>
/// <param name="name">The fuzzer's name, as <c>./soak</c> knows it and the test's trait <c>fuzz</c> says it.</param>
/// <param name="output">Gets what the soak adds up.</param>
internal sealed class FuzzRun(string name, ITestOutputHelper output)
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(Setting("SECONDS") ?? 30);

    private readonly int _seed = Setting("SEED") ?? RandomNumberGenerator.GetInt32(int.MaxValue);
    private long _next;
    private long _count;
    private long _accepted;
    private string? _failure;

    /// <param name="worker">Makes what one thread needs; it gets each input's <see cref="Random"/>, says whether the input was accepted, and throws if it was treated wrongly.</param>
    public void Run(Func<Func<Random, bool>> worker)
    {
        if (Setting("INPUT") is { } input)
        {
            _ = worker()(RandomOf(input));
            return;
        }

        var clock = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, Setting("WORKERS") ?? 1).Select(_ => new Thread(() => Work(worker, clock))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        // The soak adds up what these lines say.
        string summary = string.Create(CultureInfo.InvariantCulture, $"fuzz {name}: seed {_seed}, {_count} inputs, {_accepted} accepted, {_count / clock.Elapsed.TotalSeconds:F0} a second");
        output.WriteLine(summary);
        Console.WriteLine(summary);
        Assert.True(_failure is null, _failure);
        Assert.True(_accepted > 0 && _accepted < _count, $"{summary}: both must happen, or the inputs test nothing");
    }

    private static int? Setting(string suffix) =>
        Environment.GetEnvironmentVariable("FIGMENT_FUZZ_" + suffix) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private Random RandomOf(long input) => new(unchecked((int)((_seed * 1_000_003L) + input)));

    private void Work(Func<Func<Random, bool>> worker, Stopwatch clock)
    {
        long number = -1;
        try
        {
            var attempt = worker();
            while (clock.Elapsed < Duration && Volatile.Read(ref _failure) is null)
            {
                number = Interlocked.Increment(ref _next) - 1;
                bool accepted = attempt(RandomOf(number));
                Interlocked.Increment(ref _count);
                Interlocked.Add(ref _accepted, accepted ? 1 : 0);
            }
        }
        catch (Exception exception)
        {
            _ = Interlocked.CompareExchange(ref _failure, $"fuzz {name}: FIGMENT_FUZZ_SEED={_seed} FIGMENT_FUZZ_INPUT={number}: {exception}", null);
        }
    }
}
