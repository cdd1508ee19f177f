using Figment.Model.Specs;

namespace Figment.Compose.Tests.Support;

/// <summary>Short ways to load text.</summary>
internal static class Loading
{
    public static ComposeResult Load(string yaml, ComposeOptions? options = null, params (string Path, string Text)[] others)
    {
        var files = new MemoryFiles().Add("compose.yaml", yaml);
        foreach ((string path, string text) in others)
        {
            files.Add(path, text);
        }

        return ComposeLoader.Load(options ?? new ComposeOptions(), files);
    }

    /// <summary>The application of a text that has neither errors nor warnings.</summary>
    public static ApplicationSpec Clean(string yaml, ComposeOptions? options = null, params (string Path, string Text)[] others)
    {
        ComposeResult result = Load(yaml, options, others);
        Assert.Equal([], Lines(result));
        return result.Application!;
    }

    /// <summary>The service "web" whose keys are the given text.</summary>
    public static ServiceSpec Web(string keys, string topLevel = "", ComposeOptions? options = null, params (string Path, string Text)[] others) =>
        Clean(WebText(keys, topLevel), options, others).Services.Single(service => service.Name == "web");

    public static string WebText(string keys, string topLevel = "") => $"services:\n  web:\n    image: nginx\n{Indent(keys, 4)}\n{topLevel}";

    public static string[] WebDiagnostics(string keys, string topLevel = "", ComposeOptions? options = null, params (string Path, string Text)[] others) =>
        Lines(Load(WebText(keys, topLevel), options, others));

    public static string[] Lines(ComposeResult result)
    {
        Assert.Equal(result.Diagnostics.Any(one => one.Severity == DiagnosticSeverity.Error), result.Application is null);
        return [.. result.Diagnostics.Select(one => one.ToString())];
    }

    public static ComposeOptions Caller(params (string Name, string Value)[] variables) =>
        new() { Environment = variables.ToDictionary(variable => variable.Name, variable => variable.Value) };

    private static string Indent(string text, int spaces) =>
        string.Join('\n', text.Split('\n').Select(line => line.Length == 0 ? line : new string(' ', spaces) + line));
}
