using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Figment.Typestate.Analyzers;

/// <summary>What may be declared: no linear value where nobody follows it, and no member that promises less than the one it stands in for.</summary>
internal sealed class Declarations(Contracts contracts)
{
    public void CheckField(SymbolAnalysisContext context)
    {
        var field = (IFieldSymbol)context.Symbol;
        if (contracts.Hidden(field.Type) is { } hidden)
        {
            Report(context, Rules.Escapes, field, field.Name, Name(hidden), "a type argument or an element is not checked");
        }
        else if (contracts.IsLinear(field.Type) && !contracts.IsLinear(field.ContainingType) && field.AssociatedSymbol is null)
        {
            Report(context, Rules.Stored, field, field.Name, Name(field.Type));
        }
    }

    public void CheckProperty(SymbolAnalysisContext context)
    {
        var property = (IPropertySymbol)context.Symbol;
        if (contracts.IsLinear(property.Type) && !contracts.IsLinear(property.ContainingType))
        {
            Report(context, Rules.Stored, property, property.Name, Name(property.Type));
        }
    }

    public void CheckMethod(SymbolAnalysisContext context)
    {
        var method = (IMethodSymbol)context.Symbol;
        foreach (var parameter in method.Parameters)
        {
            if (contracts.Hidden(parameter.Type) is { } hidden)
            {
                Report(context, Rules.Escapes, parameter, parameter.Name, Name(hidden), "a type argument or an element is not checked");
            }
            else if (contracts.IsLinear(parameter.Type) && parameter.RefKind == RefKind.Ref && !contracts.IsTrusted(method))
            {
                Report(context, Rules.Escapes, parameter, parameter.Name, Name(parameter.Type), "it comes in by 'ref'");
            }
            else if (contracts.IsLinear(parameter.Type) && IsPrimary(method) && !contracts.IsTrusted(method))
            {
                Report(context, Rules.Escapes, parameter, parameter.Name, Name(parameter.Type), "a primary constructor may keep it");
            }
        }

        foreach (var promised in StandsInFor(method))
        {
            if (contracts.Difference(promised, method) is { } difference)
            {
                Report(context, Rules.ContractDiffers, method, method.Name, $"{promised.ContainingType.Name}.{promised.Name}", difference);
            }
        }
    }

    private static bool IsPrimary(IMethodSymbol method) =>
        method.MethodKind == MethodKind.Constructor && method.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax() is TypeDeclarationSyntax);

    private static IEnumerable<IMethodSymbol> StandsInFor(IMethodSymbol method)
    {
        if (method.OverriddenMethod is { } overridden)
        {
            yield return overridden;
        }

        foreach (var member in method.ContainingType?.AllInterfaces.SelectMany(implemented => implemented.GetMembers()).OfType<IMethodSymbol>() ?? [])
        {
            if (SymbolEqualityComparer.Default.Equals(method.ContainingType!.FindImplementationForInterfaceMember(member), method))
            {
                yield return member;
            }
        }
    }

    private static string Name(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    private static void Report(SymbolAnalysisContext context, DiagnosticDescriptor rule, ISymbol at, params object[] arguments) =>
        context.ReportDiagnostic(Diagnostic.Create(rule, at.Locations.FirstOrDefault() ?? Location.None, arguments));
}
