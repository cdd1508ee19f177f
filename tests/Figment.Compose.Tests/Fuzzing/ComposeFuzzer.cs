using System.Diagnostics;
using System.Text;
using Figment.Compose.Tests.Support;
using Figment.Model.Specs;

namespace Figment.Compose.Tests.Fuzzing;

/// <summary>
/// Loads changed files. Whatever the bytes are, the loader must return; errors and application exclude each other;
/// an application can be rendered, and what was rendered loads as the same application.
/// </summary>
internal static class ComposeFuzzer
{
    /// <summary>Far above the slowest input known (about a second, at the limits): only a hang takes longer.</summary>
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    /// <summary>Makes an input and tries it.</summary>
    /// <returns>Whether it was an application.</returns>
    public static bool Attempt(Random random)
    {
        MemoryFiles files = Make(random, out ComposeOptions options, out string dump);
        var clock = Stopwatch.StartNew();
        string? failure = Try(files, options, out bool loaded);
        failure ??= clock.Elapsed > Hang ? $"took {clock.Elapsed.TotalSeconds:F0} s" : null;
        return failure is null ? loaded : throw new InvalidOperationException($"{failure}\n{dump}");
    }

    /// <summary>What is wrong with how an input is treated, or null.</summary>
    public static string? Try(MemoryFiles files, ComposeOptions options, out bool loaded)
    {
        loaded = false;
        try
        {
            ComposeResult result = ComposeLoader.Load(options, files);
            loaded = result.Application is not null;
            bool errors = result.Diagnostics.Any(one => one.Severity == DiagnosticSeverity.Error);
            if (errors == loaded)
            {
                return errors ? "errors, and yet an application" : "neither errors nor an application";
            }

            if (result.Diagnostics.Any(one => one.ToString().Any(character => char.IsControl(character))))
            {
                return "a control character in a message";
            }

            return result.Application is null ? null : TryAgain(result.Application);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return exception.ToString();
        }
    }

    private static MemoryFiles Make(Random random, out ComposeOptions options, out string dump)
    {
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

    private static string? TryAgain(ApplicationSpec application)
    {
        string rendered = ComposeLoader.Render(application);
        if (application.Secrets.Any(secret => secret.Content is not null))
        {
            return null;
        }

        var options = new ComposeOptions { Files = ["/app/compose.yaml"], ProjectDirectory = application.WorkingDirectory };
        ComposeResult again = ComposeLoader.Load(options, new MemoryFiles().Add("compose.yaml", rendered));
        if (again.Application is null)
        {
            return $"the rendered file does not load: {again.Diagnostics[0]}\n{rendered}";
        }

        string twice = ComposeLoader.Render(again.Application);
        return twice == rendered ? null : $"the rendered file loads as another application:\n{rendered}\n=== then\n{twice}";
    }
}
