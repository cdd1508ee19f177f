using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace Figment.Typestate.CodeFixes;

/// <summary>LIN008 and LIN009: the member that is called promises to end without an exception, which LIN009 then checks. LIN012: the one that stands in promises it too.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class MarkInfallibleFix : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds => ["LIN008", "LIN009", "LIN012"];

    public override FixAllProvider? GetFixAllProvider() => null;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var (root, model) = (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false), await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false));
        if (root?.FindNode(context.Span, getInnermostNodeForTie: true) is not { } node || model is null)
        {
            return;
        }

        var member = node is ArgumentSyntax argument ? model.GetSymbolInfo(argument.Expression, context.CancellationToken).Symbol : model.GetSymbolInfo(node, context.CancellationToken).Symbol;
        member ??= model.GetDeclaredSymbol(node, context.CancellationToken);
        if (member?.DeclaringSyntaxReferences.FirstOrDefault() is not { } reference || context.Document.Project.Solution.GetDocument(reference.SyntaxTree) is not { } document)
        {
            return;
        }

        context.RegisterCodeFix(
            CodeAction.Create($"Mark '{member.Name}' [Infallible]", cancellation => MarkAsync(document, reference, cancellation), nameof(MarkInfallibleFix)),
            context.Diagnostics);
    }

    private static async Task<Document> MarkAsync(Document document, SyntaxReference reference, CancellationToken cancellation)
    {
        var editor = await DocumentEditor.CreateAsync(document, cancellation).ConfigureAwait(false);
        editor.AddAttribute(await reference.GetSyntaxAsync(cancellation).ConfigureAwait(false), editor.Generator.Attribute("Figment.Typestate.Infallible"));
        return editor.GetChangedDocument();
    }
}
