namespace Figment.Migration.Lazy;

/// <summary>How memory comes.</summary>
internal static class LazyLimits
{
    /// <summary>Around a page that is touched: what is near is touched next, and the one that waits does not wait for more than some microseconds longer.</summary>
    public const int TouchedBytes = 64 << 10;

    /// <summary>A dump with less memory than that is restored with it: to begin without takes some milliseconds, too.</summary>
    public const long WholeBytes = 16 << 20;

    /// <summary>At a time while nothing is touched: a page that is touched meanwhile waits for as long as this takes, some 100 microseconds.</summary>
    public const int FillBytes = 256 << 10;

    /// <summary>In milliseconds until it is looked again at a process that changes its memory and has not said how yet.</summary>
    public const int ChangeMs = 1;

    /// <summary>In one piece from where the machine came from: what is touched meanwhile waits for what is on its way, 1 MiB in all, 8 ms at 1 Gbit/s if it had no way of its own.</summary>
    public const int OwedPages = 64;

    /// <summary>Pieces on their way at a time while nothing is touched.</summary>
    public const int OwedPieces = 4;

    /// <summary>Nothing of what is asked for has come for so long: it is taken for lost. Longer than a node takes to come back to the network.</summary>
    public static readonly TimeSpan OwedPatience = TimeSpan.FromMinutes(5);

    /// <summary>In milliseconds: how often that is looked at.</summary>
    public const int OwedLookMs = 1_000;
}
