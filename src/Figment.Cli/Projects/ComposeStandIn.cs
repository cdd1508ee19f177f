using Figment.Model.Specs;

namespace Figment.Compose;

// Until the real loader is merged this file stands for its surface: it knows a name, services and their images. Delete it then.
internal enum CompatibilityMode
{
    Warn,
    Strict,
    Loose,
}

internal enum DiagnosticSeverity
{
    Warning,
    Error,
}

internal sealed record Diagnostic(DiagnosticSeverity Severity, string Text)
{
    public override string ToString() => Text;
}

internal sealed record ComposeOptions
{
    public IReadOnlyList<string> Files { get; init; } = [];

    public string? ProjectDirectory { get; init; }

    public string? ProjectName { get; init; }

    public IReadOnlyList<string> Profiles { get; init; } = [];

    public IReadOnlyList<string> EnvFiles { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public CompatibilityMode Compatibility { get; init; }

    public IReadOnlyList<string> Services { get; init; } = [];
}

internal sealed record ComposeResult(ApplicationSpec? Application, IReadOnlyList<Diagnostic> Diagnostics);

internal static class ComposeLoader
{
    public static ComposeResult Load(ComposeOptions options)
    {
        string file = options.Files.Count > 0 ? options.Files[0] : Path.Combine(options.ProjectDirectory!, "compose.yaml");
        string? name = options.ProjectName;
        var services = new List<ServiceSpec>();
        bool inServices = false;
        foreach (string line in File.ReadLines(file))
        {
            string word = line.Trim();
            if (line.StartsWith("name:", StringComparison.Ordinal))
            {
                name ??= line["name:".Length..].Trim();
            }
            else if (line.Length > 0 && line[0] != ' ')
            {
                inServices = line.StartsWith("services:", StringComparison.Ordinal);
            }
            else if (inServices && line.StartsWith("  ", StringComparison.Ordinal) && line[2] != ' ')
            {
                services.Add(new ServiceSpec { Name = word.TrimEnd(':') });
            }
            else if (inServices && word.StartsWith("image:", StringComparison.Ordinal))
            {
                services[^1] = services[^1] with { Image = word["image:".Length..].Trim() };
            }
            else if (word == "privileged: true")
            {
                return new ComposeResult(null, [new Diagnostic(DiagnosticSeverity.Error, $"{file}:1:1: error: privileged is not supported")]);
            }
        }

        var folder = Path.GetDirectoryName(file)!;
        return new ComposeResult(new ApplicationSpec { Name = name ?? Path.GetFileName(folder), WorkingDirectory = folder, Files = [file], Services = services }, []);
    }

    public static string Render(ApplicationSpec application) =>
        $"name: {application.Name}\nservices:\n" + string.Concat(application.Services.Select(service => $"  {service.Name}:\n    image: {service.Image}\n"));
}
