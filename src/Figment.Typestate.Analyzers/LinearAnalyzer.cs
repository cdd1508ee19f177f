using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.FlowAnalysis;

namespace Figment.Typestate.Analyzers;

/// <summary>
/// Checks that values of linear types are consumed exactly once on every path, exceptions included, that nobody forges or hides them, and that a proof about one object is not used for another.
/// Method by method, as a forward data-flow analysis of the control flow graph; between methods the attributes of Figment.Typestate are the contract.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LinearAnalyzer : DiagnosticAnalyzer
{
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => Rules.All;

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        context.RegisterCompilationStartAction(start =>
        {
            if (Contracts.Of(start.Compilation) is not { } contracts)
            {
                return;
            }

            var declarations = new Declarations(contracts);
            start.RegisterSymbolAction(declarations.CheckField, SymbolKind.Field);
            start.RegisterSymbolAction(declarations.CheckProperty, SymbolKind.Property);
            start.RegisterSymbolAction(declarations.CheckMethod, SymbolKind.Method);
            start.RegisterOperationBlockAction(block => CheckBlocks(block, contracts));
        });
    }

    private static void CheckBlocks(OperationBlockAnalysisContext context, Contracts contracts)
    {
        foreach (var operation in context.OperationBlocks)
        {
            // A default argument is judged where it is used.
            if (operation.Kind is OperationKind.Attribute or OperationKind.ParameterInitializer or OperationKind.None)
            {
                continue;
            }

            CheckGraph(context.GetControlFlowGraph(operation), context.OwningSymbol, context, contracts);
        }
    }

    /// <summary>A method and what is declared inside of it: each is checked by itself, since a linear value cannot be captured.</summary>
    private static void CheckGraph(ControlFlowGraph graph, ISymbol owner, OperationBlockAnalysisContext context, Contracts contracts)
    {
        new LinearFlow(graph, owner, contracts, context.ReportDiagnostic, context.CancellationToken).Run();
        foreach (var function in graph.LocalFunctions)
        {
            CheckGraph(graph.GetLocalFunctionControlFlowGraph(function, context.CancellationToken), function, context, contracts);
        }

        foreach (var lambda in graph.Blocks.SelectMany(block => block.Operations.Append(block.BranchValue)).SelectMany(Lambdas))
        {
            CheckGraph(graph.GetAnonymousFunctionControlFlowGraph(lambda, context.CancellationToken), lambda.Symbol, context, contracts);
        }
    }

    private static IEnumerable<IFlowAnonymousFunctionOperation> Lambdas(IOperation? operation) => operation switch
    {
        null => [],
        IFlowAnonymousFunctionOperation lambda => [lambda],
        _ => operation.ChildOperations.SelectMany(Lambdas),
    };
}
