using System.Globalization;
using Figment.Api.Contract;

namespace Figment.EndToEnd.Tests.Storms;

/// <summary>One move with one failure.</summary>
/// <param name="Number">In its storm.</param>
/// <param name="Fault">What happens.</param>
/// <param name="Phase">As the source's daemon names them: when it happens.</param>
/// <param name="DelayMs">After that phase has begun.</param>
/// <param name="Mode">How memory travels.</param>
internal sealed record MoveStep(int Number, MoveFault Fault, string Phase, int DelayMs, MoveMode Mode)
{
    private const int DelayMaxMs = 300;

    private static readonly string[] s_phases = ["preparing", "copying", "copying", "dumping", "holding", "holding", "ruling", "committed", "filling", "done"];

    /// <summary>Whether the machine itself may end by it, and with it its connections.</summary>
    public bool MayEndIt => Fault is MoveFault.SourceBox or MoveFault.TargetBox or MoveFault.SourceCriu or MoveFault.TargetCriu;

    /// <summary>From a seed and a number: a step can be had again alone.</summary>
    public static MoveStep Of(int seed, int number)
    {
        var random = new Random(unchecked((int)((seed * 1_000_003L) + number)));
        var faults = Enum.GetValues<MoveFault>();
        var fault = faults[random.Next(faults.Length)];
        if (fault == MoveFault.LongCut && random.Next(4) > 0)
        {
            // Most of a minute each.
            fault = MoveFault.Cut;
        }

        return new MoveStep(number, fault, s_phases[random.Next(s_phases.Length)], random.Next(DelayMaxMs), (MoveMode)random.Next(Enum.GetValues<MoveMode>().Length));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"step {Number}: {Fault} {DelayMs} ms into {Phase}, {Mode}");
}
