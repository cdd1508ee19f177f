using System.Text;
using CsCheck;
using Figment.Compose.Tests.Fuzzing;
using Figment.Compose.Tests.Support;
using Figment.Tests;

namespace Figment.Compose.Tests;

/// <summary>Any bytes at all.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("fuzz", "compose")]
    public void Changed_files_never_get_an_exception_out_of_the_loader() => new FuzzRun("compose", output).Run(ComposeFuzzer.Attempt);

    [Fact]
    public void Each_kept_input_is_treated_well()
    {
        foreach ((string name, string text) in Corpus.Compose)
        {
            foreach (CompatibilityMode mode in Enum.GetValues<CompatibilityMode>())
            {
                MemoryFiles files = new MemoryFiles().Add("compose.yaml", text).Add(".env", Corpus.Variables[^1]);
                string? failure = ComposeFuzzer.Try(files, new ComposeOptions { Compatibility = mode, Environment = new Dictionary<string, string> { ["A"] = "a" } }, out _);
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
