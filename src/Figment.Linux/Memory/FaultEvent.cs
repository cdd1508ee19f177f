using Figment.Linux.Files;

namespace Figment.Linux.Memory;

/// <summary>What a process that lacks pages does with its memory.</summary>
public abstract record FaultEvent
{
    private FaultEvent()
    {
    }

    /// <summary>A thread waits for the page at that address.</summary>
    public sealed record Touched(ulong Address) : FaultEvent;

    /// <summary>It has a child, which lacks the same pages.</summary>
    /// <param name="Faults">The child's; the receiver's to close.</param>
    public sealed record Forked(Descriptor Faults) : FaultEvent;

    /// <summary>A range has other addresses.</summary>
    public sealed record Moved(ulong From, ulong To, ulong Length) : FaultEvent;

    /// <summary>A range is no longer mapped, or given back: if it is touched it holds zeros.</summary>
    public sealed record Removed(PageRange Range) : FaultEvent;
}
