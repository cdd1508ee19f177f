using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.FlowAnalysis;

namespace Figment.Typestate.Analyzers;

/// <summary>
/// The data-flow analysis of one method body. A state says for each linear variable whether it may be absent, live or moved; paths that meet are joined until nothing changes, and then one more
/// pass over the blocks reports. A finally block is evaluated for each path that runs it, so that what it consumes counts for that path alone.
/// Not for several threads.
/// </summary>
internal sealed partial class LinearFlow
{
    private readonly ControlFlowGraph _graph;
    private readonly ISymbol _owner;
    private readonly IMethodSymbol? _method;
    private readonly Contracts _contracts;
    private readonly Action<Diagnostic> _report;
    private readonly CancellationToken _cancellation;
    private readonly bool _isTrusted;
    private readonly bool _isInfallible;
    private readonly Dictionary<CaptureId, ISymbol> _aliases;
    private readonly Dictionary<object, Location> _definitions = [];
    private readonly HashSet<(string Rule, Location Location, string Message)> _reported = [];
    private readonly Stack<Frame> _frames = new();
    private readonly List<IOperation> _operands = [];
    private FlowState _state = new();
    private BasicBlock? _block;
    private bool _reports;

    public LinearFlow(ControlFlowGraph graph, ISymbol owner, Contracts contracts, Action<Diagnostic> report, CancellationToken cancellation)
    {
        _graph = graph;
        _owner = owner;
        _method = owner as IMethodSymbol;
        _contracts = contracts;
        _report = report;
        _cancellation = cancellation;
        _isTrusted = contracts.IsTrusted(owner);
        _isInfallible = contracts.Promises(owner);
        _aliases = Aliases(graph);
    }

    public void Run()
    {
        if (_isTrusted && !_isInfallible)
        {
            return;
        }

        Solve(_graph.Root, _graph.Blocks[0], Entry());
    }

    private FlowState Entry()
    {
        var entry = new FlowState();
        foreach (var parameter in _method?.Parameters ?? [])
        {
            if (_contracts.IsLinear(parameter.Type) && parameter.RefKind != RefKind.Out)
            {
                entry[parameter] = new Fact(Liveness.Live, ParameterBrand(parameter));
                _definitions[parameter] = Place(parameter);
            }
        }

        return entry;
    }

    /// <summary>The brand of the parameter that it belongs to, or its own.</summary>
    private Brand ParameterBrand(IParameterSymbol parameter)
    {
        string? name = _contracts.Brands(parameter).FirstOrDefault();
        var named = _method!.Parameters.FirstOrDefault(other => other.Name == name);
        return Brand.From(named ?? parameter);
    }

    /// <summary>Brings one region to its fixpoint from one entry. Returns what holds at its end, where it is a finally block that ends; null if it never does.</summary>
    private FlowState? Solve(ControlFlowRegion region, BasicBlock first, FlowState entry)
    {
        var frame = new Frame(region);
        var (outer, outerBlock, outerReports) = (_state, _block, _reports);
        _frames.Push(frame);
        _reports = false;
        frame.Enter(first.Ordinal, entry);
        do
        {
            while (frame.TryNext(out int ordinal))
            {
                _cancellation.ThrowIfCancellationRequested();
                Transfer(_graph.Blocks[ordinal], frame);
            }
        }
        while (EnterUnreachedHandler(region, frame));

        _reports = outerReports || _frames.Count == 1;
        if (_reports)
        {
            foreach (int ordinal in frame.Reached)
            {
                Transfer(_graph.Blocks[ordinal], frame);
            }
        }

        _frames.Pop();
        (_state, _block, _reports) = (outer, outerBlock, outerReports);
        return frame.End;
    }

    private void Transfer(BasicBlock block, Frame frame)
    {
        (_state, _block) = (frame.StateOf(block.Ordinal).Copy(), block);
        if (block.Kind == BasicBlockKind.Exit)
        {
            return;
        }

        foreach (var operation in block.Operations)
        {
            Evaluate(operation, Use.None);
            if (_state.IsUnreachable)
            {
                return;
            }
        }

        if (block.BranchValue is { } value)
        {
            EvaluateBranchValue(block, value);
            if (_state.IsUnreachable)
            {
                return;
            }
        }

        // The second branch starts from the same state as the first, not from what a finally block made of it.
        var before = _state;
        Follow(block, block.ConditionalSuccessor, frame);
        _state = before;
        Follow(block, block.FallThroughSuccessor, frame);
    }

    private void EvaluateBranchValue(BasicBlock block, IOperation value)
    {
        bool returns = block.FallThroughSuccessor?.Semantics == ControlFlowBranchSemantics.Return;
        if (!returns || !_contracts.IsLinear(value.Type))
        {
            Evaluate(value, Use.Borrow);
            return;
        }

        if (_method is { RefKind: not RefKind.None })
        {
            Report(Rules.Escapes, value, value.Syntax, TypeName(value.Type), "it is returned by reference");
            Evaluate(value, Use.Borrow);
            return;
        }

        CheckReturnedBrand(value, Evaluate(value, Use.Consume));
    }

    private void Follow(BasicBlock block, ControlFlowBranch? branch, Frame frame)
    {
        if (branch is null)
        {
            return;
        }

        switch (branch.Semantics)
        {
            // No arm of a switch expression fits: the compiler warns of it, and it is a fault of the programmer.
            case ControlFlowBranchSemantics.Throw when block.BranchValue is { IsImplicit: true, Syntax: SwitchExpressionSyntax }:
                return;
            case ControlFlowBranchSemantics.Throw or ControlFlowBranchSemantics.Rethrow:
                Raise(block.EnclosingRegion, new Danger(PlaceOfThrow(block), Call: null));
                return;
            case ControlFlowBranchSemantics.StructuredExceptionHandling:
                if (block.EnclosingRegion.Kind != ControlFlowRegionKind.Filter)
                {
                    frame.EndWith(_state);
                }

                return;
            case ControlFlowBranchSemantics.ProgramTermination or ControlFlowBranchSemantics.Error:
                return;
        }

        var state = _state.Copy();
        foreach (var region in branch.FinallyRegions)
        {
            if (Solve(region, _graph.Blocks[region.FirstBlockOrdinal], state) is not { } ended)
            {
                return;
            }

            state = ended.Copy();
        }

        foreach (var region in branch.LeavingRegions)
        {
            Leave(region, state);
        }

        if (branch.Destination is { Kind: BasicBlockKind.Exit })
        {
            LeaveMethod(state);
        }
        else if (branch.Destination is { } destination)
        {
            Enter(destination.Ordinal, state);
        }
    }

    /// <summary>A state reaches a block: of the region at hand, or, by an exception, of one around it.</summary>
    private void Enter(int ordinal, FlowState state) => _frames.First(frame => frame.Contains(ordinal)).Enter(ordinal, state);

    /// <summary>The variables of a region end with it.</summary>
    private void Leave(ControlFlowRegion region, FlowState state)
    {
        foreach (object variable in region.Locals.Cast<object>().Concat(region.CaptureIds.Cast<object>()))
        {
            if (state[variable].MayBeLive)
            {
                ReportLost(variable);
            }

            state.Remove(variable);
        }
    }

    private void LeaveMethod(FlowState state)
    {
        foreach (var parameter in _method?.Parameters ?? [])
        {
            var fact = state[parameter];
            if (!_contracts.IsLinear(parameter.Type) || _contracts.IsBorrowed(parameter))
            {
                continue;
            }

            if (parameter.RefKind == RefKind.None && fact.MayBeLive)
            {
                ReportLost(parameter);
            }
            else if (parameter.RefKind != RefKind.None && fact.MayBeMoved)
            {
                Report(Rules.UseAfterMove, Place(parameter), parameter.Name, TypeName(parameter.Type));
            }
            else if (parameter.RefKind == RefKind.Out)
            {
                CheckOutBrand(parameter, fact.Brand);
            }
        }
    }

    private void ReportLost(object variable)
    {
        if (_isTrusted)
        {
            return;
        }

        var location = _definitions.TryGetValue(variable, out var defined) ? defined : Place(variable as ISymbol);
        if (variable is ISymbol symbol)
        {
            Report(Rules.NotConsumed, location, symbol.Name, TypeName(TypeOf(symbol)));
        }
        else
        {
            Report(Rules.NotConsumed, location, "temporary", "linear");
        }
    }

    /// <summary>One run of the analysis over a region: the states at its blocks, and the blocks whose state changed.</summary>
    private sealed class Frame(ControlFlowRegion region)
    {
        private readonly SortedDictionary<int, FlowState> _states = [];
        private readonly SortedSet<int> _waiting = [];

        /// <summary>The blocks that some path reaches, as of now: the last pass adds none.</summary>
        public int[] Reached => [.. _states.Keys];

        public FlowState? End { get; private set; }

        public bool Contains(int ordinal) => ordinal >= region.FirstBlockOrdinal && ordinal <= region.LastBlockOrdinal;

        public bool Reaches(int ordinal) => _states.ContainsKey(ordinal);

        public FlowState StateOf(int ordinal) => _states[ordinal];

        public void Enter(int ordinal, FlowState state)
        {
            if (!_states.TryGetValue(ordinal, out var known))
            {
                _states[ordinal] = state.Copy();
                _waiting.Add(ordinal);
            }
            else if (known.Join(state))
            {
                _waiting.Add(ordinal);
            }
        }

        public void EndWith(FlowState state)
        {
            if (End is null)
            {
                End = state.Copy();
            }
            else
            {
                End.Join(state);
            }
        }

        public bool TryNext(out int ordinal)
        {
            ordinal = _waiting.Count == 0 ? -1 : _waiting.Min;
            return _waiting.Remove(ordinal);
        }
    }
}
