using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace Figment.Typestate.CodeFixes;

/// <summary>LIN004 on a statement: the result goes into a variable, which LIN002 then follows.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class KeepResultFix : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds => ["LIN004"];

    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span) is not ExpressionStatementSyntax statement)
        {
            return;
        }

        context.RegisterCodeFix(
            CodeAction.Create("Keep the result in a variable", cancellation => KeepAsync(context.Document, root, statement, cancellation), nameof(KeepResultFix)),
            context.Diagnostics);
    }

    private static async Task<Document> KeepAsync(Document document, SyntaxNode root, ExpressionStatementSyntax statement, CancellationToken cancellation)
    {
        var model = await document.GetSemanticModelAsync(cancellation).ConfigureAwait(false);
        var taken = model?.LookupSymbols(statement.SpanStart).Select(symbol => symbol.Name).ToImmutableHashSet() ?? [];
        string name = Enumerable.Range(1, int.MaxValue).Select(number => number == 1 ? "value" : $"value{number}").First(candidate => !taken.Contains(candidate));
        var variable = SyntaxFactory.VariableDeclarator(name).WithInitializer(SyntaxFactory.EqualsValueClause(statement.Expression.WithoutTrivia()));
        var declaration = SyntaxFactory.LocalDeclarationStatement(SyntaxFactory.VariableDeclaration(SyntaxFactory.IdentifierName("var"), [variable]))
            .WithTriviaFrom(statement)
            .WithAdditionalAnnotations(Formatter.Annotation);
        return document.WithSyntaxRoot(root.ReplaceNode(statement, declaration));
    }
}
