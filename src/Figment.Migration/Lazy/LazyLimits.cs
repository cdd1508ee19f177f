namespace Figment.Migration.Lazy;

/// <summary>How memory comes.</summary>
internal static class LazyLimits
{
    /// <summary>Around a page that is touched: what is near is touched next, and the one that waits does not wait for more than some microseconds longer.</summary>
    public const int TouchedBytes = 64 << 10;

    /// <summary>At a time while nothing is touched: a page that is touched meanwhile waits for as long as this takes, some 100 microseconds.</summary>
    public const int FillBytes = 256 << 10;

    /// <summary>In milliseconds until it is looked again at a process that changes its memory and has not said how yet.</summary>
    public const int ChangeMs = 1;
}
