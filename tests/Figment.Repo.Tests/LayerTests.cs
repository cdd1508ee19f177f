using System.Xml.Linq;

namespace Figment.Repo.Tests;

/// <summary>Holds the arrows between projects that docs/architecture.md names.</summary>
public sealed class LayerTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Model"] = [],
        ["Linux"] = ["Model"],
        ["Compose"] = ["Model"],
        ["Images"] = ["Model", "Linux"],
        ["Machines"] = ["Model"],
        ["Api"] = ["Model"],
        ["Simulation"] = ["Model", "Machines"],
        ["Typestate"] = [],
        ["Typestate.Analyzers"] = [],
        ["Typestate.CodeFixes"] = [],
        ["Migration"] = ["Model", "Linux"],
        ["Keeper"] = ["Model", "Linux", "Machines"],
        ["Box"] = ["Model", "Linux", "Machines", "Migration"],
        ["Node"] = ["Model", "Linux", "Compose", "Images", "Machines", "Migration", "Api"],
        ["Cluster"] = ["Model", "Api", "Node"],
        ["Daemon"] = ["Model", "Linux", "Compose", "Images", "Machines", "Api", "Node", "Cluster"],
        ["Cli"] = ["Model", "Linux", "Api", "Compose", "Machines", "Simulation"],
    };

    public static TheoryData<string> Projects => [.. Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(folder => Path.GetFileName(folder)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_lies_below_it(string project)
    {
        string name = project["Figment.".Length..];
        Assert.True(Allowed.ContainsKey(name), $"{project} has no entry in LayerTests: say what it may reference");
        var references = XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!)["Figment.".Length..]);

        Assert.Empty(references.Except(Allowed[name]));
    }
}
