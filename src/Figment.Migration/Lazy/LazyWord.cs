using Figment.Linux.Files;

namespace Figment.Migration.Lazy;

/// <summary>What CRIU's restore says to whoever has the memory (CRIU's <c>uffd.c</c>).</summary>
internal abstract record LazyWord
{
    private LazyWord()
    {
    }

    /// <summary>A process that will lack pages.</summary>
    /// <param name="Number">In its tree's PID namespace.</param>
    /// <param name="Faults">The receiver's to close.</param>
    public sealed record Process(int Number, Descriptor Faults) : LazyWord;

    /// <summary>A process that has ended and is not reaped yet: it has no memory.</summary>
    public sealed record Ended(int Number) : LazyWord;

    /// <summary>All are there and go on.</summary>
    public sealed record Finished : LazyWord;
}
