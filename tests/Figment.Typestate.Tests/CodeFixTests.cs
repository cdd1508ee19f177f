using Figment.Typestate.Analyzers;
using Figment.Typestate.CodeFixes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Figment.Typestate.Tests;

/// <summary>What an editor offers for a rule, applied: the text afterwards, and that the error it was offered for is gone.</summary>
public sealed class CodeFixTests
{
    [Fact]
    public Task A_result_is_kept() => FixAsync(
        new KeepResultFix(),
        "LIN004",
        "static class Case { static void F(Volume v) { int value = 1; v.FreeInode(); } }",
        "static class Case { static void F(Volume v) { int value = 1; var value2 = v.FreeInode(); } }");

    [Fact]
    public Task A_parameter_is_borrowed() => FixAsync(
        new BorrowParameterFix(),
        "LIN002",
        "static class Case { static ulong F(Inode<Clean, Free> i) => i.Ino; }",
        "static class Case { static ulong F(in Inode<Clean, Free> i) => i.Ino; }");

    [Fact]
    public Task What_is_called_promises_not_to_throw() => FixAsync(
        new MarkInfallibleFix(),
        "LIN008",
        "static class Case { static void F(Inode<Clean, Free> i) { Tell(); i.Release(); } static void Tell() { } }",
        "static class Case { static void F(Inode<Clean, Free> i) { Tell(); i.Release(); } [Infallible] static void Tell() { } }");

    [Fact]
    public Task What_stands_in_promises_it_too() => FixAsync(
        new MarkInfallibleFix(),
        "LIN012",
        "interface IStore { [Infallible] void Put(); } class Store : IStore { public void Put() { } }",
        "interface IStore { [Infallible] void Put(); } class Store : IStore { [Infallible] public void Put() { } }");

    private static async Task FixAsync(CodeFixProvider fix, string id, string before, string after)
    {
        using var workspace = new AdhocWorkspace();
        var project = workspace.AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "Case", "Case", LanguageNames.CSharp, compilationOptions: Expect.Options, parseOptions: Expect.Language, metadataReferences: Expect.References));
        project = project.AddDocument("Prelude.cs", SourceText.From(Expect.Prelude)).Project;
        var document = project.AddDocument("Case.cs", SourceText.From(Expect.Usings + before));
        var diagnostic = Assert.Single(await DiagnosticsAsync(document), diagnostic => diagnostic.Id == id);

        var actions = new List<CodeAction>();
        await fix.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), TestContext.Current.CancellationToken));
        var operation = Assert.Single(await Assert.Single(actions).GetOperationsAsync(TestContext.Current.CancellationToken));
        var changed = ((ApplyChangesOperation)operation).ChangedSolution.GetDocument(document.Id)!;

        Assert.Equal(after, (await changed.GetTextAsync(TestContext.Current.CancellationToken)).ToString()[Expect.Usings.Length..].ReplaceLineEndings("\n"));
        Assert.DoesNotContain(await DiagnosticsAsync(changed), left => left.Id == id);
    }

    private static async Task<IEnumerable<Diagnostic>> DiagnosticsAsync(Document document)
    {
        var compilation = await document.Project.GetCompilationAsync(TestContext.Current.CancellationToken);
        return await compilation!.WithAnalyzers([new LinearAnalyzer()]).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
    }
}
