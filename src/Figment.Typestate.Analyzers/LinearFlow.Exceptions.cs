using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Figment.Typestate.Analyzers;

/// <summary>Where exceptions go, and what is lost to them.</summary>
internal sealed partial class LinearFlow
{
    /// <summary>What may raise an exception: a throw, where <paramref name="Call"/> is null, or the call of a member that does not promise to end without one.</summary>
    private readonly record struct Danger(Location Location, string? Call);

    /// <summary>An exception leaves a block: through the finally blocks around it into the handlers that may take it, and out of the method unless one takes all.</summary>
    private void Raise(ControlFlowRegion? region, Danger danger)
    {
        var state = _state.Copy();
        for (; region is not null; region = region.EnclosingRegion)
        {
            foreach (object variable in region.Locals.Cast<object>().Concat(region.CaptureIds.Cast<object>()))
            {
                ReportIfLost(variable, state[variable], danger);
                state.Remove(variable);
            }

            if (region.Kind != ControlFlowRegionKind.Try)
            {
                continue;
            }

            var around = region.EnclosingRegion!;
            if (around.Kind == ControlFlowRegionKind.TryAndCatch)
            {
                if (EnterHandlers(around, state))
                {
                    return;
                }
            }
            else
            {
                var last = around.NestedRegions.First(nested => nested.Kind == ControlFlowRegionKind.Finally);
                if (Solve(last, _graph.Blocks[last.FirstBlockOrdinal], state) is not { } ended)
                {
                    return;
                }

                state = ended.Copy();
            }
        }

        foreach (var live in state.Live.ToArray())
        {
            ReportIfLost(live.Key, live.Value, danger);
        }

        if (_isInfallible)
        {
            Report(Rules.NotInfallible, danger.Location, _owner.Name, danger.Call is null ? "an exception is thrown here" : $"'{danger.Call}', which is called here, is not");
        }
    }

    /// <summary>True if one of them takes every exception.</summary>
    private bool EnterHandlers(ControlFlowRegion around, FlowState state)
    {
        bool takesAll = false;
        foreach (var handler in around.NestedRegions.Where(IsHandler))
        {
            Enter(handler.FirstBlockOrdinal, state);
            takesAll |= handler.Kind == ControlFlowRegionKind.Catch && handler.ExceptionType is null or { SpecialType: SpecialType.System_Object } or { Name: "Exception", ContainingNamespace.Name: "System" };
        }

        return takesAll;
    }

    /// <summary>A handler that only a programmer's fault can reach is checked too, as one that knows nothing of the values outside.</summary>
    private bool EnterUnreachedHandler(ControlFlowRegion region, Frame frame)
    {
        foreach (var nested in region.NestedRegions)
        {
            if (IsHandler(nested) && !frame.Reaches(nested.FirstBlockOrdinal) && frame.Reaches(region.FirstBlockOrdinal))
            {
                frame.Enter(nested.FirstBlockOrdinal, new FlowState());
                return true;
            }

            if (nested.Kind != ControlFlowRegionKind.Finally && EnterUnreachedHandler(nested, frame))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The graph keeps no operation for a <c>throw;</c>: it is the first one that stands behind the last operation of its block.</summary>
    private Location PlaceOfThrow(BasicBlock block)
    {
        if (block.BranchValue is { } thrown)
        {
            return thrown.Syntax.GetLocation();
        }

        int behind = block.Operations.LastOrDefault()?.Syntax.Span.End ?? 0;
        var rethrows = _graph.OriginalOperation.Descendants().OfType<IThrowOperation>().Where(thrown => thrown.Exception is null).ToArray();
        return (rethrows.FirstOrDefault(thrown => thrown.Syntax.SpanStart >= behind) ?? rethrows.FirstOrDefault())?.Syntax.GetLocation() ?? Place(_owner);
    }

    private static bool IsHandler(ControlFlowRegion region) => region.Kind is ControlFlowRegionKind.Catch or ControlFlowRegionKind.FilterAndHandler;

    private void ReportIfLost(object variable, Fact fact, Danger danger)
    {
        if (!fact.MayBeLive || variable is IParameterSymbol parameter && (_contracts.IsBorrowed(parameter) || parameter.RefKind == RefKind.Ref))
        {
            return;
        }

        var symbol = variable as ISymbol;
        string name = symbol?.Name ?? "temporary", type = symbol is null ? "linear" : TypeName(TypeOf(symbol));
        if (danger.Call is null)
        {
            Report(Rules.Thrown, danger.Location, name, type);
        }
        else
        {
            Report(Rules.Fallible, danger.Location, danger.Call, name, type);
        }
    }
}
