using Figment.Model.States;

namespace Figment.Cli.Timeline;

/// <summary>A stretch of one colour.</summary>
/// <param name="State">Of the interval, or the one that most of the time was spent in.</param>
/// <param name="Begin">Where it begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Count">How many intervals it stands for: 1, or more that are each too narrow to be seen.</param>
/// <param name="Text">What it is, in words.</param>
internal sealed record TimelineBar(MachineState State, DateTimeOffset Begin, DateTimeOffset End, int Count, string Text);
