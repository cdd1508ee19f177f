using System.Diagnostics;
using System.Globalization;
using System.Text;
using CsCheck;
using Figment.Compose.Tests.Fuzzing;
using Figment.Compose.Tests.Support;

namespace Figment.Compose.Tests;

/// <summary>Any bytes at all. <c>FIGMENT_FUZZ_SECONDS</c> says for how long (default 10), <c>FIGMENT_FUZZ_SEED</c> from which seed, to see a failure again.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void Changed_files_never_get_an_exception_out_of_the_loader()
    {
        int seconds = int.Parse(Environment.GetEnvironmentVariable("FIGMENT_FUZZ_SECONDS") ?? "10", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("FIGMENT_FUZZ_SEED") ?? Environment.ProcessId.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var fuzzer = new ComposeFuzzer(seed);
        var clock = Stopwatch.StartNew();

        string? failure = fuzzer.Run(TimeSpan.FromSeconds(seconds), Path.Combine(Checkout.Root, "artifacts", "fuzz", "compose"));

        string summary = string.Create(CultureInfo.InvariantCulture, $"compose fuzzer: seed {seed}, {fuzzer.Count} inputs, {fuzzer.Loaded} loaded, {fuzzer.Count / clock.Elapsed.TotalSeconds:F0} inputs/s, slowest {fuzzer.Slowest.TotalMilliseconds:F0} ms (input {fuzzer.SlowestInput})");
        output.WriteLine(summary);
        Console.WriteLine(summary);
        Assert.Null(failure);
        Assert.True(fuzzer.Loaded > 0, "no input was valid: the fuzzer reaches nothing behind the parser");
    }

    [Fact]
    public void Each_kept_input_is_treated_well()
    {
        var fuzzer = new ComposeFuzzer(0);
        foreach ((string name, string text) in Corpus.Compose)
        {
            foreach (CompatibilityMode mode in Enum.GetValues<CompatibilityMode>())
            {
                MemoryFiles files = new MemoryFiles().Add("compose.yaml", text).Add(".env", Corpus.Variables[^1]);
                string? failure = fuzzer.Try(files, new ComposeOptions { Compatibility = mode, Environment = new Dictionary<string, string> { ["A"] = "a" } });
                Assert.True(failure is null, $"{name} ({mode}): {failure}");
            }
        }
    }

    [Fact]
    public void Random_bytes_give_diagnostics_only() =>
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            ComposeResult result = ComposeLoader.Load(new ComposeOptions(), new MemoryFiles().Add("compose.yaml", bytes));
            Assert.Null(result.Application);
            Assert.Contains(result.Diagnostics, one => one.Severity == DiagnosticSeverity.Error);
        }, iter: 3000);

    [Fact]
    public void Random_text_of_YAML_s_own_characters_gives_diagnostics_or_an_application() =>
        Gen.Char["{}[]:,-?&*!|>'\"%@`# \n\t<=abx0$"].Array[0, 80].Sample(characters =>
        {
            ComposeResult result = ComposeLoader.Load(new ComposeOptions(), new MemoryFiles().Add("compose.yaml", Encoding.UTF8.GetBytes(characters)));
            Assert.Equal(result.Application is null, result.Diagnostics.Any(one => one.Severity == DiagnosticSeverity.Error));
        }, iter: 20_000);
}
