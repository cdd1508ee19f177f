using System.Diagnostics;
using System.Globalization;
using System.Text;
using Figment.Compose.Tests.Support;

namespace Figment.Compose.Tests.Fuzzing;

/// <summary>
/// Loads changed files without end. Whatever the bytes are, the loader must return; errors and application exclude each other;
/// an application can be rendered, and what was rendered loads as the same application.
/// </summary>
internal sealed class ComposeFuzzer(int seed)
{
    /// <summary>Far above the slowest input known (about a second, at the limits): only a hang takes longer.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    public long Count { get; private set; }

    public long Loaded { get; private set; }

    public TimeSpan Slowest { get; private set; }

    public long SlowestInput { get; private set; }

    /// <summary>Runs until the time is over or an input fails; then says which, and where it was saved.</summary>
    public string? Run(TimeSpan duration, string saveFolder)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < duration)
        {
            MemoryFiles files = Make(Count, out ComposeOptions options, out string dump);
            TimeSpan start = clock.Elapsed;
            string? failure = Try(files, options);
            TimeSpan took = clock.Elapsed - start;
            if (took > Slowest)
            {
                (Slowest, SlowestInput) = (took, Count);
            }

            failure ??= took > Hang ? $"took {took.TotalSeconds:F0} s" : null;
            if (failure is not null)
            {
                Directory.CreateDirectory(saveFolder);
                string path = Path.Combine(saveFolder, string.Create(CultureInfo.InvariantCulture, $"seed-{seed}-input-{Count}.txt"));
                File.WriteAllText(path, failure + "\n" + dump);
                return $"seed {seed}, input {Count}: {failure}\nsaved as {path}";
            }

            Count++;
        }

        return null;
    }

    /// <summary>The input of a number: the same for the same seed on every machine.</summary>
    public MemoryFiles Make(long number, out ComposeOptions options, out string dump)
    {
        var random = new Random(unchecked((int)((seed * 1_000_003L) + number)));
        var mutator = new Mutator(random, Corpus.Tokens);
        string Pick() => Corpus.Compose[random.Next(Corpus.Compose.Count)].Text;
        string main = mutator.Mutate(Pick(), Pick());
        string other = random.Next(3) == 0 ? mutator.Mutate(Pick(), main) : Pick();
        string variables = mutator.Mutate(Corpus.Variables[random.Next(Corpus.Variables.Count)], main);
        byte[] bytes = random.Next(10) == 0 ? mutator.Bytes(main) : Encoding.UTF8.GetBytes(main);
        options = new ComposeOptions
        {
            Files = random.Next(4) == 0 ? ["compose.yaml", "other.yaml"] : [],
            Compatibility = (CompatibilityMode)random.Next(3),
            Profiles = random.Next(2) == 0 ? ["*"] : [],
            Environment = new Dictionary<string, string> { ["A"] = "a", ["HOME"] = "/root", ["EMPTY"] = string.Empty, ["DB_ROOT_PASSWORD"] = "x" },
        };
        dump = $"options: {options.Compatibility}, files {options.Files.Count}, profiles {options.Profiles.Count}\n=== compose.yaml\n{Encoding.UTF8.GetString(bytes)}\n=== other.yaml\n{other}\n=== .env\n{variables}\n";
        return new MemoryFiles().Add("compose.yaml", bytes).Add("other.yaml", other).Add(".env", variables);
    }

    /// <summary>What is wrong with how an input is treated, or null.</summary>
    public string? Try(MemoryFiles files, ComposeOptions options)
    {
        try
        {
            ComposeResult result = ComposeLoader.Load(options, files);
            bool errors = result.Diagnostics.Any(one => one.Severity == DiagnosticSeverity.Error);
            if (errors == (result.Application is not null))
            {
                return errors ? "errors, and yet an application" : "neither errors nor an application";
            }

            if (result.Diagnostics.Any(one => one.ToString().Any(character => char.IsControl(character))))
            {
                return "a control character in a message";
            }

            return result.Application is null ? null : TryAgain(result);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return exception.ToString();
        }
    }

    private string? TryAgain(ComposeResult result)
    {
        Loaded++;
        string rendered = ComposeLoader.Render(result.Application!);
        if (result.Application!.Secrets.Any(secret => secret.Content is not null))
        {
            return null;
        }

        var options = new ComposeOptions { Files = ["/app/compose.yaml"], ProjectDirectory = result.Application.WorkingDirectory };
        ComposeResult again = ComposeLoader.Load(options, new MemoryFiles().Add("compose.yaml", rendered));
        if (again.Application is null)
        {
            return $"the rendered file does not load: {again.Diagnostics[0]}\n{rendered}";
        }

        string twice = ComposeLoader.Render(again.Application);
        return twice == rendered ? null : $"the rendered file loads as another application:\n{rendered}\n=== then\n{twice}";
    }
}
