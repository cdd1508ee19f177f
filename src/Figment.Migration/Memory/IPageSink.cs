namespace Figment.Migration.Memory;

/// <summary>Where copies of pages go. What comes later is what counts.</summary>
public interface IPageSink
{
    /// <param name="process">Its number in its tree's PID namespace.</param>
    /// <param name="address">Of the first page.</param>
    /// <param name="pages">One or several.</param>
    void Put(int process, ulong address, ReadOnlySpan<byte> pages);

    /// <summary>Whether it has been given that page.</summary>
    bool Has(int process, ulong address);
}
