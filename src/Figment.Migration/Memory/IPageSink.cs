using Figment.Linux.Memory;

namespace Figment.Migration.Memory;

/// <summary>Where copies of pages go. What comes later is what counts.</summary>
public interface IPageSink
{
    /// <param name="process">Its number in its tree's PID namespace.</param>
    /// <param name="address">Of the first page.</param>
    /// <param name="pages">One or several.</param>
    void Put(int process, ulong address, ReadOnlySpan<byte> pages);

    /// <summary>These are given later, when they are asked for; what was put there before does not count.</summary>
    /// <param name="process">Its number in its tree's PID namespace.</param>
    /// <param name="range">Pages.</param>
    void Owe(int process, PageRange range);

    /// <summary>The first page of a range that it has not been given and is not owed; null: there is none.</summary>
    /// <param name="process">Its number in its tree's PID namespace.</param>
    /// <param name="range">Pages.</param>
    ulong? Lacks(int process, PageRange range);
}
