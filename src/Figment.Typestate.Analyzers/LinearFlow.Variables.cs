using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Figment.Typestate.Analyzers;

/// <summary>The variables: locals, parameters, and the temporaries of the control flow graph.</summary>
internal sealed partial class LinearFlow
{
    /// <summary>
    /// Temporaries that are another name for a variable: captured once, as the operand of something whose other operands branch. A temporary that several paths fill holds a value of its own.
    /// </summary>
    private static Dictionary<CaptureId, ISymbol> Aliases(ControlFlowGraph graph)
    {
        var captures = graph.Blocks.SelectMany(block => block.Operations).OfType<IFlowCaptureOperation>().GroupBy(capture => capture.Id);
        var aliases = new Dictionary<CaptureId, ISymbol>();
        foreach (var capture in captures.Where(group => group.Count() == 1).Select(group => group.First()))
        {
            ISymbol? symbol = capture.Value switch
            {
                ILocalReferenceOperation local => local.Local,
                IParameterReferenceOperation parameter => parameter.Parameter,
                _ => null,
            };
            if (symbol is not null)
            {
                aliases[capture.Id] = symbol;
            }
        }

        return aliases;
    }

    private Brand EvaluateCapture(IFlowCaptureOperation capture)
    {
        if (!_contracts.IsLinear(capture.Value.Type))
        {
            Evaluate(capture.Value, Use.Borrow);
        }
        else if (!_aliases.ContainsKey(capture.Id))
        {
            var brand = Evaluate(capture.Value, Use.Consume);
            _state[capture.Id] = new Fact(Liveness.Live, brand);
            _definitions[capture.Id] = capture.Syntax.GetLocation();
        }

        return Brand.Unknown;
    }

    private Brand EvaluateCaptured(IFlowCaptureReferenceOperation reference, Use use)
    {
        if (_aliases.TryGetValue(reference.Id, out var symbol))
        {
            return Touch(symbol, use, reference);
        }

        var fact = _state[reference.Id];
        if (use == Use.Consume)
        {
            _state[reference.Id] = fact with { Liveness = Liveness.Moved };
        }

        return fact.Brand;
    }

    /// <summary>A variable is borrowed or consumed.</summary>
    private Brand Touch(ISymbol variable, Use use, IOperation at)
    {
        var fact = _state[variable];
        if (IsFromOutside(variable))
        {
            Report(Rules.Escapes, at, variable.Name, TypeName(TypeOf(variable)), "a function inside of the method captures it");
            return Brand.Unknown;
        }

        if (fact.MayBeMoved && use != Use.None)
        {
            Report(Rules.UseAfterMove, at, variable.Name, TypeName(TypeOf(variable)));
        }

        if (use != Use.Consume)
        {
            return fact.Brand;
        }

        if (variable is IParameterSymbol parameter && (_contracts.IsBorrowed(parameter) || parameter.RefKind == RefKind.Ref))
        {
            Report(Rules.Escapes, at, parameter.Name, TypeName(parameter.Type), "it is borrowed and cannot be consumed");
        }
        else
        {
            _state[variable] = fact with { Liveness = Liveness.Moved };
        }

        return fact.Brand;
    }

    private void Define(ISymbol variable, Brand brand, IOperation at)
    {
        if (_state[variable].MayBeLive)
        {
            Report(Rules.Overwritten, at, variable.Name, TypeName(TypeOf(variable)));
        }

        _state[variable] = new Fact(Liveness.Live, brand);
        _definitions[variable] = at.Syntax.GetLocation();
    }

    /// <summary>A variable of a method around this function.</summary>
    private bool IsFromOutside(ISymbol variable) =>
        _method is { MethodKind: MethodKind.AnonymousFunction or MethodKind.LocalFunction } && !SymbolEqualityComparer.Default.Equals(variable.ContainingSymbol, _owner);

    private static ITypeSymbol? TypeOf(ISymbol variable) => variable switch
    {
        ILocalSymbol local => local.Type,
        IParameterSymbol parameter => parameter.Type,
        _ => null,
    };

    private static string TypeName(ITypeSymbol? type) => type?.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat) ?? "?";

    private static Location Place(ISymbol? symbol) => symbol?.Locations.FirstOrDefault() ?? Location.None;

    private void Report(DiagnosticDescriptor rule, IOperation at, params object?[] arguments) => Report(rule, at.Syntax.GetLocation(), arguments);

    /// <summary>Once for each place and text, in the last pass. In a trusted body only the promise to end without an exception is checked.</summary>
    private void Report(DiagnosticDescriptor rule, Location location, params object?[] arguments)
    {
        if (!_reports || _isTrusted && rule != Rules.NotInfallible)
        {
            return;
        }

        var diagnostic = Diagnostic.Create(rule, location, arguments);
        if (_reported.Add((rule.Id, location, diagnostic.GetMessage(null))))
        {
            _report(diagnostic);
        }
    }
}
