using System.Text;
using Figment.Compose.Tests.Support;
using Figment.Model.Specs;

namespace Figment.Compose.Tests;

/// <summary>Whole applications against approved output. <c>FIGMENT_APPROVE=1</c> writes what comes out now; read the difference before it is committed.</summary>
public sealed class ApprovedTests
{
    private const string Output = "approved.txt";
    private const string OptionsFile = "options.txt";

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Path.Combine(Checkout.Tests, "Approved")).Select(folder => Path.GetFileName(folder)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_application_is_loaded_as_approved(string name)
    {
        string folder = Path.Combine(Checkout.Tests, "Approved", name);
        ComposeResult result = Load(name, folder);
        var text = new StringBuilder();
        foreach (Diagnostic diagnostic in result.Diagnostics)
        {
            text.Append(diagnostic).Append('\n');
        }

        text.Append("---\n").Append(result.Application is null ? "(no application)\n" : ComposeLoader.Render(result.Application));
        string approved = Path.Combine(folder, Output);
        if (Environment.GetEnvironmentVariable("FIGMENT_APPROVE") == "1")
        {
            File.WriteAllText(approved, text.ToString());
        }

        Assert.Equal(File.Exists(approved) ? File.ReadAllText(approved) : "(nothing approved yet)", text.ToString());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_was_rendered_loads_as_the_same_application(string name)
    {
        ComposeResult result = Load(name, Path.Combine(Checkout.Tests, "Approved", name));
        if (result.Application is not { } application || application.Secrets.Any(secret => secret.Content is not null))
        {
            // What fails has no rendering, and secrets from variables are not in it by design.
            Assert.True(result.Application is null || ComposeLoader.Render(result.Application).Contains("SECRET_NOT_SHOWN", StringComparison.Ordinal));
            return;
        }

        string rendered = ComposeLoader.Render(application);
        var options = new ComposeOptions { ProjectDirectory = application.WorkingDirectory };
        ApplicationSpec again = Loading.Clean(rendered, options with { Files = ["/app/compose.yaml"] });

        Assert.Equal(rendered, ComposeLoader.Render(again));
    }

    private static ComposeResult Load(string name, string folder)
    {
        var files = new MemoryFiles { CurrentDirectory = "/app/" + name };
        foreach (string path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            files.Add(Path.GetRelativePath(folder, path), File.ReadAllBytes(path));
        }

        return ComposeLoader.Load(Options(Path.Combine(folder, OptionsFile)), files);
    }

    private static ComposeOptions Options(string path)
    {
        string[][] lines = File.Exists(path) ? [.. File.ReadAllLines(path).Select(line => line.Split(' ', 2))] : [];
        string[] All(string key) => [.. lines.Where(line => line[0] == key).Select(line => line[1])];
        return new ComposeOptions
        {
            Files = All("file"),
            Profiles = All("profile"),
            Services = All("service"),
            EnvFiles = All("env-file"),
            ProjectName = All("name").FirstOrDefault(),
            Compatibility = Enum.Parse<CompatibilityMode>(All("mode").FirstOrDefault() ?? "Warn"),
            Environment = All("env").Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]),
        };
    }
}
