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

    /// <summary>Whether it has been given that page, or is owed it.</summary>
    bool Has(int process, ulong address);
}
