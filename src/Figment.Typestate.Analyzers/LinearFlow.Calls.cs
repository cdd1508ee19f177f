using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Figment.Typestate.Analyzers;

/// <summary>Calls: who owns what afterwards, which brand a result carries, and what may throw.</summary>
internal sealed partial class LinearFlow
{
    /// <summary>The name by which a contract means what the method is called on.</summary>
    private const string Receiver = "this";

    /// <summary>What one call is made with: the linear values by the name of their parameter, and the borrowed ones among them, which must still be there when all are evaluated.</summary>
    private sealed class Call(int operandsBefore)
    {
        public int OperandsBefore => operandsBefore;

        public Dictionary<string, (Brand Brand, ITypeSymbol Type, bool IsConsumed)> Values { get; } = [];

        public List<(ISymbol Variable, IOperation At)> Borrowed { get; } = [];
    }

    private Brand EvaluateInvocation(IInvocationOperation invocation)
    {
        var (method, call) = (invocation.TargetMethod, new Call(_operands.Count));
        if (_contracts.Hidden(method) is { } hidden)
        {
            Report(Rules.Escapes, invocation, invocation.Syntax, TypeName(hidden), "a type argument is not checked");
        }

        if (invocation.Instance is { } instance)
        {
            EvaluateReceiver(instance, method, call);
        }

        if (method.Name == "Deconstruct" && invocation.Instance is { } pair && _contracts.IsLinear(pair.Type))
        {
            return EvaluateDeconstruct(invocation, call);
        }

        EvaluateArguments(invocation.Arguments, call);
        Finish(invocation, method, call);
        return _contracts.IsLinear(method.ReturnType) ? ResultBrand(invocation, method, call) : Brand.Unknown;
    }

    private void EvaluateReceiver(IOperation instance, IMethodSymbol method, Call call)
    {
        if (!_contracts.IsLinear(instance.Type))
        {
            Evaluate(instance, Use.Borrow);
            return;
        }

        bool isBorrowed = _contracts.BorrowsReceiver(method);
        if (!_contracts.IsLinear(method.ContainingType) && method.ContainingType?.TypeKind is not (TypeKind.Interface or TypeKind.Extension))
        {
            Report(Rules.Escapes, instance, instance.Syntax, TypeName(instance.Type), $"'{method.Name}' of '{method.ContainingType?.Name}' knows nothing of it");
            isBorrowed = true;
        }

        call.Values[Receiver] = (Evaluate(instance, isBorrowed ? Use.Borrow : Use.Consume), instance.Type!, !isBorrowed);
        Hold(instance, isBorrowed, call);
    }

    private void EvaluateArguments(ImmutableArray<IArgumentOperation> arguments, Call call)
    {
        foreach (var argument in arguments.Where(argument => argument.Parameter?.RefKind != RefKind.Out))
        {
            if (!_contracts.IsLinear(argument.Value.Type))
            {
                Evaluate(argument.Value, Use.Borrow);
                continue;
            }

            bool isBorrowed = argument.Parameter is { } parameter && (_contracts.IsBorrowed(parameter) || parameter.RefKind == RefKind.Ref);
            if (argument.Parameter?.RefKind == RefKind.Ref)
            {
                Report(Rules.Escapes, argument.Value, argument.Value.Syntax, TypeName(argument.Value.Type), "it is handed out by 'ref'");
            }

            var brand = Evaluate(argument.Value, isBorrowed ? Use.Borrow : Use.Consume);
            if (argument.Parameter is { } named)
            {
                call.Values[named.Name] = (brand, argument.Value.Type!, !isBorrowed);
            }

            Hold(argument.Value, isBorrowed, call);
        }

        foreach (var argument in arguments)
        {
            CheckBrand(argument, call);
        }
    }

    /// <summary>An operand is evaluated and waits for the others. What is borrowed must still be there when they are; what was consumed is lost if one of them throws.</summary>
    private void Hold(IOperation value, bool isBorrowed, Call call)
    {
        ISymbol? variable = value switch
        {
            ILocalReferenceOperation local => local.Local,
            IParameterReferenceOperation parameter => parameter.Parameter,
            _ => null,
        };
        if (!isBorrowed)
        {
            _operands.Add(value);
        }
        else if (variable is not null)
        {
            call.Borrowed.Add((variable, value));
        }
    }

    /// <summary>The operands go to who is called.</summary>
    private void Give(Call call) => _operands.RemoveRange(call.OperandsBefore, _operands.Count - call.OperandsBefore);

    /// <summary>All is evaluated: the call happens.</summary>
    private void Finish(IOperation operation, IMethodSymbol method, Call call)
    {
        Give(call);
        foreach (var (variable, at) in call.Borrowed)
        {
            if (_state[variable].MayBeMoved)
            {
                Report(Rules.UseAfterMove, at, variable.Name, TypeName(TypeOf(variable)));
            }
        }

        if (!_contracts.IsInfallible(method))
        {
            MayThrow(operation, method.MethodKind == MethodKind.Constructor ? method.ContainingType.Name : method.Name);
        }

        if (_contracts.NeverReturns(method))
        {
            _state.IsUnreachable = true;
        }

        var arguments = operation switch
        {
            IInvocationOperation invocation => invocation.Arguments,
            IObjectCreationOperation creation => creation.Arguments,
            _ => [],
        };
        foreach (var argument in arguments.Where(argument => argument.Parameter?.RefKind == RefKind.Out))
        {
            if (_contracts.IsLinear(argument.Value.Type))
            {
                Define(argument.Value, Named(_contracts.Brands(argument.Parameter!), call) ?? Fresh(argument));
            }
            else
            {
                Evaluate(argument.Value, Use.None);
            }
        }
    }

    private void MayThrow(IOperation operation, string name)
    {
        if (IsInfallibleLoop(operation))
        {
            return;
        }

        foreach (var operand in _operands)
        {
            Report(Rules.Fallible, operation, name, operand.Syntax, TypeName(operand.Type));
        }

        Raise(_block?.EnclosingRegion, new Danger(operation.Syntax.GetLocation(), name));
    }

    /// <summary>What a foreach calls by itself to enumerate: not what stands in its body, nor a conversion of the elements.</summary>
    private bool IsInfallibleLoop(IOperation operation) =>
        operation is IInvocationOperation or IPropertyReferenceOperation
        && operation.IsImplicit
        && operation.Syntax.FirstAncestorOrSelf<ForEachStatementSyntax>() is { } loop
        && !loop.Statement.Span.Contains(operation.Syntax.Span)
        && _contracts.IsEnumeratedInfallibly(_graph.OriginalOperation.SemanticModel?.GetTypeInfo(loop.Expression).Type);

    /// <summary>Taking a pair apart by hand: each part keeps its brand.</summary>
    private Brand EvaluateDeconstruct(IInvocationOperation invocation, Call call)
    {
        Give(call);
        var brand = call.Values[Receiver].Brand;
        for (int index = 0; index < invocation.Arguments.Length; index++)
        {
            DefineParts(invocation.Arguments[index].Value, brand.Part(index));
        }

        return Brand.Unknown;
    }

    private Brand EvaluateFunctionPointer(IFunctionPointerInvocationOperation invocation)
    {
        Evaluate(invocation.Target, Use.Borrow);
        var call = new Call(_operands.Count);
        EvaluateArguments(invocation.Arguments, call);
        Give(call);
        MayThrow(invocation, "a function pointer");
        return Fresh(invocation);
    }

    private Brand EvaluateCreation(IObjectCreationOperation creation)
    {
        bool isLinear = _contracts.IsLinear(creation.Type);
        if (isLinear)
        {
            Report(Rules.Forged, creation, TypeName(creation.Type));
        }

        var call = new Call(_operands.Count);
        EvaluateArguments(creation.Arguments, call);
        if (creation.Constructor is { } constructor)
        {
            Finish(creation, constructor, call);
        }

        return isLinear ? Fresh(creation) : Brand.Unknown;
    }

    private Brand EvaluateProperty(IPropertyReferenceOperation property)
    {
        var call = new Call(_operands.Count);
        Evaluate(property.Instance, Use.Borrow);
        EvaluateArguments(property.Arguments, call);
        Give(call);
        if (new[] { property.Property.GetMethod, property.Property.SetMethod }.Any(accessor => accessor is not null && !_contracts.IsInfallible(accessor)))
        {
            MayThrow(property, property.Property.Name);
        }

        return _contracts.IsLinear(property.Type) ? Fresh(property) : Brand.Unknown;
    }

    private Brand EvaluateOperator(IOperation operation, IMethodSymbol method, params IOperation[] operands)
    {
        var call = new Call(_operands.Count);
        for (int index = 0; index < operands.Length; index++)
        {
            var parameter = method.Parameters[index];
            bool isBorrowed = _contracts.IsBorrowed(parameter);
            var brand = Evaluate(operands[index], _contracts.IsLinear(operands[index].Type) && !isBorrowed ? Use.Consume : Use.Borrow);
            if (_contracts.IsLinear(operands[index].Type))
            {
                call.Values[parameter.Name] = (brand, operands[index].Type!, !isBorrowed);
                Hold(operands[index], isBorrowed, call);
            }
        }

        Finish(operation, method, call);
        return _contracts.IsLinear(method.ReturnType) ? ResultBrand(operation, method, call) : Brand.Unknown;
    }

    /// <summary>A delegate promises what its type says; the method behind it must treat its linear parameters alike.</summary>
    private Brand EvaluateMethodGroup(IDelegateCreationOperation creation, IMethodReferenceOperation reference)
    {
        Evaluate(reference.Instance, Use.Borrow);
        if ((creation.Type as INamedTypeSymbol)?.DelegateInvokeMethod is { } invoke && _contracts.Difference(invoke, reference.Method) is { } difference)
        {
            Report(Rules.ContractDiffers, creation, reference.Method.Name, TypeName(creation.Type), difference);
        }

        return Brand.Unknown;
    }

    /// <summary>A brand of its own for what one expression makes; what it made before is no longer known by it.</summary>
    private Brand Fresh(IOperation operation)
    {
        _state.Age(operation);
        return Brand.From(operation);
    }

    /// <summary>
    /// Said by [SameBrand]; else a trusted transition keeps the brand of the value of the same kind that it consumes (for a pair: part by part), and anything else makes a new object.
    /// </summary>
    private Brand ResultBrand(IOperation operation, IMethodSymbol method, Call call)
    {
        if (Named(_contracts.ResultBrands(method), call) is { } named)
        {
            return named;
        }

        return _contracts.IsTrusted(method.OriginalDefinition) ? Kept(method.ReturnType, call, operation) : Fresh(operation);
    }

    private Brand Kept(ITypeSymbol type, Call call, IOperation operation)
    {
        var consumed = call.Values.Values.Where(value => value.IsConsumed && SymbolEqualityComparer.Default.Equals(value.Type.OriginalDefinition, type.OriginalDefinition)).ToArray();
        if (consumed.Length == 1)
        {
            return consumed[0].Brand;
        }

        if (consumed.Length == 0 && type is INamedTypeSymbol { TypeArguments.Length: > 0 } pair && pair.TypeArguments.All(_contracts.IsLinear))
        {
            return Brand.Of([.. pair.TypeArguments.Select((part, index) => Kept(part, call, operation))]);
        }

        return consumed.Length == 0 ? Fresh(operation) : Brand.Unknown;
    }

    private static Brand? Named(ImmutableArray<string> names, Call call)
    {
        var brands = names.Select(name => call.Values.TryGetValue(name, out var value) ? value.Brand : Brand.Unknown).ToImmutableArray();
        return brands.Length switch
        {
            0 => null,
            1 => brands[0],
            _ => Brand.Of(brands),
        };
    }

    private void CheckBrand(IArgumentOperation argument, Call call)
    {
        if (argument.Parameter is not { RefKind: not RefKind.Out } parameter || !call.Values.TryGetValue(parameter.Name, out var value))
        {
            return;
        }

        foreach (string name in _contracts.Brands(parameter))
        {
            if (!call.Values.TryGetValue(name, out var other) || !other.Brand.IsKnown || !other.Brand.Equals(value.Brand))
            {
                Report(Rules.WrongBrand, argument, argument.Value.Syntax, name, ((parameter.ContainingSymbol as IMethodSymbol)?.Name ?? parameter.Name));
            }
        }
    }

    /// <summary>What a method says of its result must be so.</summary>
    private void CheckReturnedBrand(IOperation value, Brand brand)
    {
        if (_method is not null && Promised(_contracts.ResultBrands(_method)) is { } promised && !promised.Equals(brand))
        {
            Report(Rules.WrongBrand, value, value.Syntax, string.Join(", ", _contracts.ResultBrands(_method)), _method.Name);
        }
    }

    private void CheckOutBrand(IParameterSymbol parameter, Brand brand)
    {
        if (Promised(_contracts.Brands(parameter)) is { } promised && !promised.Equals(brand))
        {
            Report(Rules.WrongBrand, Place(parameter), parameter.Name, string.Join(", ", _contracts.Brands(parameter)), _method!.Name);
        }
    }

    private Brand? Promised(ImmutableArray<string> names)
    {
        var brands = names.Select(name => _method!.Parameters.FirstOrDefault(parameter => parameter.Name == name) is { } parameter ? ParameterBrand(parameter) : Brand.Unknown).ToImmutableArray();
        return brands.Length switch
        {
            0 => null,
            1 => brands[0],
            _ => Brand.Of(brands),
        };
    }
}
