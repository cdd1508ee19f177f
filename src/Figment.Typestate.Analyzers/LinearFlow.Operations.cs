using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Figment.Typestate.Analyzers;

/// <summary>What each kind of expression does to the values in it.</summary>
internal sealed partial class LinearFlow
{
    /// <summary>Evaluates an operation and says which object its value stands for.</summary>
    private Brand Evaluate(IOperation? operation, Use use)
    {
        if (operation is null)
        {
            return Brand.Unknown;
        }

        // Where it is made; a variable of such a type is judged where it is declared or filled.
        if (!IsVariable(operation) && _contracts.Hidden(operation.Type) is { } hidden && operation.ChildOperations.All(child => _contracts.Hidden(child.Type) is null))
        {
            Report(Rules.Escapes, operation, operation.Syntax, TypeName(hidden), "a type argument, an element or a pointer is not checked");
        }

        bool isLinear = _contracts.IsLinear(operation.Type);
        if (isLinear && use == Use.Borrow && !IsPlace(operation))
        {
            Report(Rules.Discarded, operation, TypeName(operation.Type));
            use = Use.Consume;
        }

        return operation switch
        {
            IExpressionStatementOperation statement => EvaluateStatement(statement),
            ILocalReferenceOperation local => isLinear ? Touch(local.Local, use, local) : Brand.Unknown,
            IParameterReferenceOperation parameter => isLinear ? Touch(parameter.Parameter, use, parameter) : Brand.Unknown,
            IFlowCaptureOperation capture => EvaluateCapture(capture),
            IFlowCaptureReferenceOperation reference => isLinear ? EvaluateCaptured(reference, use) : Brand.Unknown,
            ISimpleAssignmentOperation assignment => EvaluateAssignment(assignment),
            IDeconstructionAssignmentOperation assignment => EvaluateDeconstruction(assignment),
            IConversionOperation conversion => EvaluateConversion(conversion, use),
            IInvocationOperation invocation => EvaluateInvocation(invocation),
            IFunctionPointerInvocationOperation invocation => EvaluateFunctionPointer(invocation),
            IObjectCreationOperation creation => EvaluateCreation(creation),
            IPropertyReferenceOperation property => EvaluateProperty(property),
            IFieldReferenceOperation field => EvaluateField(field, use),
            ITupleOperation tuple => EvaluateTuple(tuple),
            IDefaultValueOperation or ITypeParameterObjectCreationOperation => EvaluateForged(operation, isLinear),
            IFlowAnonymousFunctionOperation => Brand.Unknown,
            IDelegateCreationOperation { Target: IMethodReferenceOperation method } creation => EvaluateMethodGroup(creation, method),
            IDeclarationPatternOperation { DeclaredSymbol: ILocalSymbol local } when _contracts.IsLinear(local.Type) => EvaluateCopy(operation, "a pattern copies it"),
            IWithOperation with when isLinear => EvaluateCopy(with, "'with' copies it"),
            IAwaitOperation await => EvaluateAwait(await),
            IReturnOperation { Kind: OperationKind.YieldReturn or OperationKind.YieldBreak } yield => EvaluateYield(yield),
            IBinaryOperation { OperatorMethod: { } method } binary => EvaluateOperator(binary, method, binary.LeftOperand, binary.RightOperand),
            IUnaryOperation { OperatorMethod: { } method } unary => EvaluateOperator(unary, method, unary.Operand),
            ICompoundAssignmentOperation { OperatorMethod: { IsStatic: true } method } compound => EvaluateOperator(compound, method, compound.Target, compound.Value),
            IIncrementOrDecrementOperation { OperatorMethod: { IsStatic: true } method } increment => EvaluateOperator(increment, method, increment.Target),
            IIsPatternOperation or IIsTypeOperation or IAddressOfOperation => EvaluateOperands(operation, Use.Borrow),
            INameOfOperation => Brand.Unknown,
            _ => EvaluateOther(operation, isLinear),
        };
    }

    /// <summary>By value where the value is linear; what is not linear is of no concern.</summary>
    private Use UseOf(IOperation operation) => _contracts.IsLinear(operation.Type) ? Use.Consume : Use.Borrow;

    private Brand EvaluateTuple(ITupleOperation tuple)
    {
        int before = _operands.Count;
        var parts = new List<Brand>();
        foreach (var element in tuple.Elements)
        {
            parts.Add(Evaluate(element, UseOf(element)));
            if (_contracts.IsLinear(element.Type))
            {
                _operands.Add(element);
            }
        }

        _operands.RemoveRange(before, _operands.Count - before);
        return Brand.Of([.. parts]);
    }

    private Brand EvaluateStatement(IExpressionStatementOperation statement)
    {
        var value = statement.Operation;
        if (_contracts.IsLinear(value.Type) && value is not (ISimpleAssignmentOperation or IDeconstructionAssignmentOperation))
        {
            Report(Rules.Discarded, statement, TypeName(value.Type));
        }

        return Evaluate(value, Use.None);
    }

    private Brand EvaluateAssignment(ISimpleAssignmentOperation assignment)
    {
        bool isLinear = _contracts.IsLinear(assignment.Target.Type);
        if (isLinear && assignment.IsRef)
        {
            Report(Rules.Escapes, assignment.Value, assignment.Value.Syntax, TypeName(assignment.Target.Type), "a reference to it is another name for it");
            Evaluate(assignment.Value, Use.Borrow);
            return Brand.Unknown;
        }

        var brand = Evaluate(assignment.Value, isLinear ? Use.Consume : Use.Borrow);
        if (isLinear)
        {
            Define(assignment.Target, brand);
        }
        else
        {
            Evaluate(assignment.Target, Use.Borrow);
        }

        return brand;
    }

    private Brand EvaluateDeconstruction(IDeconstructionAssignmentOperation assignment)
    {
        var brand = Evaluate(assignment.Value, UseOf(assignment.Value));
        DefineParts(assignment.Target, brand);
        return Brand.Unknown;
    }

    private void DefineParts(IOperation target, Brand brand)
    {
        if (target is IDeclarationExpressionOperation declaration)
        {
            target = declaration.Expression;
        }

        if (target is ITupleOperation tuple)
        {
            for (int index = 0; index < tuple.Elements.Length; index++)
            {
                DefineParts(tuple.Elements[index], brand.Part(index));
            }
        }
        else if (_contracts.IsLinear(target.Type))
        {
            Define(target, brand);
        }
        else
        {
            Evaluate(target, Use.Borrow);
        }
    }

    /// <summary>A value comes into a variable.</summary>
    private void Define(IOperation target, Brand brand)
    {
        switch (target)
        {
            case IDeclarationExpressionOperation declaration:
                Define(declaration.Expression, brand);
                break;
            case IDiscardOperation:
                Report(Rules.Discarded, target, TypeName(target.Type));
                break;
            case ILocalReferenceOperation local:
                Define(local.Local, brand, target);
                break;
            case IParameterReferenceOperation parameter:
                Define(parameter.Parameter, brand, target);
                break;
            case IFlowCaptureReferenceOperation reference when _aliases.TryGetValue(reference.Id, out var symbol):
                Define(symbol, brand, target);
                break;
            default:
                Report(Rules.Escapes, target, target.Syntax, TypeName(target.Type), "it is stored where nobody follows it");
                Evaluate(target, Use.None);
                break;
        }
    }

    private Brand EvaluateConversion(IConversionOperation conversion, Use use)
    {
        if (conversion.OperatorMethod is { } method)
        {
            return EvaluateOperator(conversion, method, conversion.Operand);
        }

        if (!_contracts.IsLinear(conversion.Operand.Type))
        {
            return Evaluate(conversion.Operand, Use.Borrow);
        }

        if (!_contracts.IsLinear(conversion.Type))
        {
            return _contracts.Hidden(conversion.Type) is null ? EvaluateCopy(conversion, $"it becomes a '{TypeName(conversion.Type)}'") : EvaluateOperands(conversion, Use.Consume);
        }

        return Evaluate(conversion.Operand, use);
    }

    private Brand EvaluateField(IFieldReferenceOperation field, Use use)
    {
        if (use == Use.Consume && _contracts.IsLinear(field.Type))
        {
            Report(Rules.Escapes, field, field.Syntax, TypeName(field.Type), "it is taken out of a field");
        }

        Evaluate(field.Instance, Use.Borrow);
        return Brand.Unknown;
    }

    private Brand EvaluateForged(IOperation operation, bool isLinear)
    {
        if (isLinear)
        {
            Report(Rules.Forged, operation, TypeName(operation.Type));
        }

        return Brand.Unknown;
    }

    /// <summary>Something makes a second value out of the first, or a value of another type.</summary>
    private Brand EvaluateCopy(IOperation operation, string why)
    {
        var linear = operation.ChildOperations.FirstOrDefault(child => _contracts.IsLinear(child.Type));
        Report(Rules.Escapes, operation, operation.Syntax, TypeName(linear?.Type ?? operation.Type), why);
        EvaluateOperands(operation, Use.Consume);
        return Brand.Unknown;
    }

    private Brand EvaluateAwait(IAwaitOperation await)
    {
        Evaluate(await.Operation, Use.Borrow);
        MayThrow(await, "await");
        return Fresh(await);
    }

    /// <summary>Who enumerates may stop here for ever.</summary>
    private Brand EvaluateYield(IReturnOperation yield)
    {
        if (yield.ReturnedValue is { } value)
        {
            Evaluate(value, UseOf(value));
        }

        foreach (var live in _state.Live.ToArray())
        {
            ReportIfLost(live.Key, live.Value, new Danger(yield.Syntax.GetLocation(), "yield"));
        }

        return Brand.Unknown;
    }

    private Brand EvaluateOperands(IOperation operation, Use use)
    {
        foreach (var child in operation.ChildOperations)
        {
            Evaluate(child, _contracts.IsLinear(child.Type) ? use : Use.Borrow);
        }

        return Brand.Unknown;
    }

    /// <summary>Anything else neither makes nor takes a linear value.</summary>
    private Brand EvaluateOther(IOperation operation, bool isLinear)
    {
        bool isBroken = operation is IInvalidOperation;
        foreach (var child in operation.ChildOperations.Where(child => !isBroken && _contracts.IsLinear(child.Type)))
        {
            Report(Rules.Escapes, child, child.Syntax, TypeName(child.Type), "it goes where nobody follows it");
        }

        EvaluateOperands(operation, Use.Consume);
        if (isLinear && !isBroken && operation is not IDiscardOperation)
        {
            Report(Rules.Escapes, operation, operation.Syntax, TypeName(operation.Type), "it does not come from where values are followed");
        }

        return Brand.Unknown;
    }

    /// <summary>Whether an expression names a value that has an owner, so that it can be borrowed.</summary>
    private static bool IsPlace(IOperation operation) => operation switch
    {
        _ when IsVariable(operation) => true,
        IConversionOperation { OperatorMethod: null } conversion => IsPlace(conversion.Operand),
        IInvocationOperation invocation => invocation.TargetMethod.RefKind != RefKind.None,
        IPropertyReferenceOperation property => property.Property.RefKind != RefKind.None,
        IDeclarationPatternOperation or IDiscardOperation or IInvalidOperation => true,
        _ => operation.Syntax is PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PointerIndirectionExpression },
    };

    private static bool IsVariable(IOperation operation) =>
        operation is ILocalReferenceOperation or IParameterReferenceOperation or IFieldReferenceOperation or IFlowCaptureReferenceOperation or IInstanceReferenceOperation or IArrayElementReferenceOperation;
}
