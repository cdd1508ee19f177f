using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Figment.Tests;

/// <summary>
/// One run of a fuzzer. An input's number and the run's seed make its <see cref="Random"/>, so that what failed is seen again alone:
/// <c>FIGMENT_FUZZ_SEED</c> and <c>FIGMENT_FUZZ_INPUT</c>. <c>FIGMENT_FUZZ_SECONDS</c> says for how long (default 30).
/// </summary>
/// <param name="name">The fuzzer's name, as <c>./soak</c> knows it and the test's trait <c>fuzz</c> says it.</param>
/// <param name="output">Gets what the soak adds up.</param>
internal sealed class FuzzRun(string name, ITestOutputHelper output)
{
    private readonly int _seed = Setting("SEED") ?? RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Inputs of a parser. Both kinds must come: if all are accepted, or none, they test nothing.</summary>
    /// <param name="attempt">Makes an input and says whether it was accepted; throws if it was treated wrongly.</param>
    public void Run(Func<Random, bool> attempt)
    {
        long accepted = 0;
        long count = RunSteps(random => accepted += attempt(random) ? 1 : 0);
        Assert.True(Setting("INPUT") is not null || (accepted > 0 && accepted < count), $"fuzz {name}: seed {_seed}, {accepted} of {count} inputs accepted");
    }

    /// <summary>Steps one after the other, on something that there is one of. Returns how many.</summary>
    public long RunSteps(Action<Random> step)
    {
        if (Setting("INPUT") is { } input)
        {
            step(RandomOf(input));
            return 1;
        }

        var duration = TimeSpan.FromSeconds(Setting("SECONDS") ?? 30);
        var clock = Stopwatch.StartNew();
        long count = 0;
        for (; clock.Elapsed < duration; count++)
        {
            try
            {
                step(RandomOf(count));
            }
            catch (Exception exception)
            {
                Say(count, clock);
                Assert.Fail($"fuzz {name}: FIGMENT_FUZZ_SEED={_seed} FIGMENT_FUZZ_INPUT={count}: {exception}");
            }
        }

        Say(count, clock);
        return count;
    }

    private static int? Setting(string suffix) =>
        Environment.GetEnvironmentVariable("FIGMENT_FUZZ_" + suffix) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private Random RandomOf(long input) => new(unchecked((int)((_seed * 1_000_003L) + input)));

    /// <summary>The soak adds up what these lines say.</summary>
    private void Say(long count, Stopwatch clock)
    {
        string summary = string.Create(CultureInfo.InvariantCulture, $"fuzz {name}: seed {_seed}, {count} inputs, {count / clock.Elapsed.TotalSeconds:F0} a second");
        output.WriteLine(summary);
        Console.WriteLine(summary);
    }
}
