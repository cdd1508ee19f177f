using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Figment.Typestate.CodeFixes;

/// <summary>LIN002 on a parameter: the method only looks at the value, so it takes it by <c>in</c> and leaves it to the caller.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class BorrowParameterFix : CodeFixProvider
{
    public override ImmutableArray<string> FixableDiagnosticIds => ["LIN002"];

    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span) is not ParameterSyntax { Modifiers.Count: 0 } parameter)
        {
            return;
        }

        context.RegisterCodeFix(
            CodeAction.Create(
                $"Borrow '{parameter.Identifier.Text}'",
                _ => Task.FromResult(context.Document.WithSyntaxRoot(root.ReplaceNode(parameter, Borrowed(parameter)))),
                nameof(BorrowParameterFix)),
            context.Diagnostics);
    }

    private static ParameterSyntax Borrowed(ParameterSyntax parameter)
    {
        var modifier = SyntaxFactory.Token(SyntaxKind.InKeyword).WithLeadingTrivia(parameter.GetLeadingTrivia()).WithTrailingTrivia(SyntaxFactory.Space);
        return parameter.WithoutLeadingTrivia().AddModifiers(modifier);
    }
}
