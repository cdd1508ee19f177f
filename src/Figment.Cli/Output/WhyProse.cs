using System.Globalization;
using Figment.Api.Contract;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Cli.Output;

/// <summary>Tells from a machine's events why it is in its state: one line a cause, the newest first, back to the application's last <c>down</c>. Of rests in a row only the last is told.</summary>
internal static class WhyProse
{
    /// <summary>The state it is in, and the one before.</summary>
    private const int NewestTold = 2;

    /// <param name="machine">Its name.</param>
    /// <param name="events">Oldest first.</param>
    /// <param name="causes">How many are told at most; rests in a row are one.</param>
    /// <param name="time">For the time zone and for what "today" is.</param>
    public static IReadOnlyList<string> Lines(string machine, IReadOnlyList<EventView> events, int causes, TimeProvider time)
    {
        if (events.Count == 0)
        {
            return [$"{machine} is imaginary: nothing has needed it yet"];
        }

        var lines = new List<string>();
        int lifeBefore = events.Take(events.Count - 1).ToList().FindLastIndex(change => change.Event.Cause.Kind == SignalKind.Down);
        var groups = Causes([.. events.Skip(lifeBefore + 1)]);
        int told = 0;
        for (int index = 0; index < groups.Count && told < causes; index++, told++)
        {
            int rests = index < NewestTold ? 0 : groups.Skip(index).TakeWhile(IsRest).Count();
            if (rests > 2)
            {
                lines.Add($"was frozen and went on {groups.Skip(index).Take(rests).Count(group => group[^1].Event.To == MachineState.Frozen)} more times since {Units.Moment(groups[index + rests - 1][0].Event.At, time)}");
                index += rests - 1;
                continue;
            }

            var group = groups[index];
            var (first, last) = (group[0].Event, group[^1].Event);
            string cause = SignalText.Of(last.Cause, last.ExitCode);
            string ready = (IsStart(first) || first.From == MachineState.Hibernated) && last.To == MachineState.Running && group.Count > 1
                ? string.Create(CultureInfo.InvariantCulture, $"; ready after {(last.At - first.At).TotalSeconds:0.000} s{(last.FromSnapshot ? ", from a snapshot of its kind" : "")}")
                : "";
            lines.Add(lines.Count == 0
                ? $"{machine} is {StateText.Word(last.To)} since {Units.Moment(last.At, time)}: {cause}{ready}"
                : $"{Past(first, last)} at {Units.Moment(first.At, time)}: {cause}{ready}");
            if (last.Cause.Kind is not (SignalKind.User or SignalKind.Down))
            {
                // What a program wrote last explains an end that nobody asked for.
                lines.AddRange(last.LastLines.Select(line => $"  | {line}"));
            }

            lines.AddRange(Chain(group.Find(change => change.Because is not null)?.Because, time));
        }

        return lines;
    }

    /// <summary>Why the machine that the cause came from was awake, and so on, each further in.</summary>
    private static IEnumerable<string> Chain(EventView? because, TimeProvider time)
    {
        for (string indent = "  "; because is not null; because = because.Because, indent += "  ")
        {
            var wake = because.Event;
            yield return $"{indent}{wake.Machine} {(wake.From switch { MachineState.Frozen => "went on", MachineState.Hibernated => "came back", _ => "started" })} at {Units.Moment(wake.At, time)}: {SignalText.Of(wake.Cause, wake.ExitCode)}";
        }
    }

    /// <summary>Events in a row that one cause brought about (waiting, starting, running), the newest group first.</summary>
    private static List<List<EventView>> Causes(IReadOnlyList<EventView> events)
    {
        var groups = new List<List<EventView>>();
        foreach (var view in events)
        {
            var change = view.Event;

            // An exit is a cause of its own each time, even if the one before was alike.
            if (groups.Count > 0 && groups[^1][^1].Event.Cause == change.Cause && !IsStart(change) && change.Cause.Kind != SignalKind.Exit)
            {
                groups[^1].Add(view);
            }
            else
            {
                groups.Add([view]);
            }
        }

        groups.Reverse();
        return groups;
    }

    private static bool IsRest(List<EventView> group) =>
        group[^1].Event.To is MachineState.Frozen or MachineState.Hibernated
        || (group[0].Event.From is MachineState.Frozen or MachineState.Hibernated && group[^1].Event.To == MachineState.Running);

    private static bool IsStart(MachineEvent change) =>
        change.From is MachineState.Imaginary or MachineState.Stopped or MachineState.Completed or MachineState.Failed
        && change.To is MachineState.Waiting or MachineState.Starting or MachineState.Running;

    private static string Past(MachineEvent first, MachineEvent last) => last.To switch
    {
        _ when IsStart(first) => "started",
        MachineState.Imaginary => "became imaginary again",
        MachineState.Running when first.From == MachineState.Frozen => "went on",
        MachineState.Running when first.From == MachineState.Hibernated => "came back from storage",
        MachineState.Running => "became ready",
        MachineState.Frozen => "was frozen",
        MachineState.Hibernated => "went to storage",
        MachineState.Stopping => "was asked to end",
        MachineState.Stopped => "was stopped",
        MachineState.Completed => "completed",
        MachineState.Failed => "failed",
        _ => $"began {StateText.Word(last.To)}",
    };
}
