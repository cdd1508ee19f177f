using System.Collections.Immutable;
using System.Reflection;
using System.Text.RegularExpressions;
using Figment.Typestate.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Figment.Typestate.Tests;

/// <summary>
/// Compiles a case with the analyzer. The errors that are expected stand in the case as <c>{|LIN001:where|}</c>, those of the compiler too; there must be no other, and none may be missing.
/// </summary>
internal static partial class Expect
{
    public static readonly string Prelude = Read("Prelude.cs");
    public static readonly string Usings = Prelude[..Prelude.IndexOf("namespace Files", StringComparison.Ordinal)];
    public static readonly CSharpParseOptions Language = new(LanguageVersion.CSharp14);

    public static readonly CSharpCompilationOptions Options = new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);

    public static readonly ImmutableArray<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Append(typeof(LinearAttribute).Assembly.Location)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>The members of a class, with the prelude in front of it.</summary>
    public static Task CaseAsync(string members) => SourceAsync($"static partial class Case\n{{\n{members}\n}}\n");

    public static async Task SourceAsync(string marked)
    {
        var (source, expected) = Parse(Usings + marked);
        Assert.Equal(Lines(expected, source), Lines(await DiagnosticsAsync(source), source));
    }

    private static async Task<IEnumerable<(string Id, TextSpan Span)>> DiagnosticsAsync(string source)
    {
        var tree = CSharpSyntaxTree.ParseText(source, Language);
        var compilation = CSharpCompilation.Create("Case", [CSharpSyntaxTree.ParseText(Prelude, Language), tree], References, Options);
        var diagnostics = await compilation.WithAnalyzers([new LinearAnalyzer()]).GetAllDiagnosticsAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(diagnostics, diagnostic => diagnostic.Id == "AD0001");
        if (compilation.GetDiagnostics(TestContext.Current.CancellationToken).All(diagnostic => diagnostic.Severity != DiagnosticSeverity.Error))
        {
            // Some errors of the compiler show only when it writes the program.
            diagnostics = [.. diagnostics, .. compilation.Emit(Stream.Null, cancellationToken: TestContext.Current.CancellationToken).Diagnostics];
        }

        return from diagnostic in diagnostics
               where diagnostic.Severity == DiagnosticSeverity.Error
               select diagnostic.Location.SourceTree == tree ? (diagnostic.Id, diagnostic.Location.SourceSpan) : ($"{diagnostic} in the prelude", default);
    }

    private static (string Source, List<(string Id, TextSpan Span)> Expected) Parse(string marked)
    {
        var (source, expected, open) = (new System.Text.StringBuilder(), new List<(string, TextSpan)>(), new Stack<(string Id, int Start)>());
        int position = 0;
        foreach (Match mark in Mark().Matches(marked))
        {
            source.Append(marked, position, mark.Index - position);
            position = mark.Index + mark.Length;
            if (mark.Groups[1].Success)
            {
                open.Push((mark.Groups[1].Value, source.Length));
            }
            else
            {
                var (id, start) = open.Pop();
                expected.Add((id, TextSpan.FromBounds(start, source.Length)));
            }
        }

        Assert.Empty(open);
        return (source.Append(marked, position, marked.Length - position).ToString(), expected);
    }

    private static string Lines(IEnumerable<(string Id, TextSpan Span)> diagnostics, string source) =>
        string.Join('\n', diagnostics.OrderBy(diagnostic => diagnostic.Span).ThenBy(diagnostic => diagnostic.Id, StringComparer.Ordinal).Select(diagnostic => $"{diagnostic.Id} at {diagnostic.Span} '{source.Substring(diagnostic.Span.Start, diagnostic.Span.Length)}'"));

    private static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\{\|(\w+):|\|\}")]
    private static partial Regex Mark();
}
