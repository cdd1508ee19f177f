namespace Figment.Images.Layers;

/// <summary>Where the stored pieces of a file with holes belong (GNU tar manual, "Storing Sparse Files").</summary>
internal sealed class SparseMap
{
    // One piece a block of a large file at worst; GNU tar itself writes far fewer.
    private const int PiecesMax = 1_000_000;

    private readonly List<(long Offset, long Length)> _pieces = [];

    /// <summary>Size of the file with its holes.</summary>
    public long FileSize { get; set; }

    /// <summary>The content begins with the map.</summary>
    public bool MapInContent { get; init; }

    public IReadOnlyList<(long Offset, long Length)> Pieces => _pieces;

    /// <summary>Pieces must be in order and must not overlap; false if this one does not fit.</summary>
    public bool TryAdd(long offset, long length)
    {
        long end = _pieces.Count == 0 ? 0 : _pieces[^1].Offset + _pieces[^1].Length;
        if (offset < end || length < 0 || length > long.MaxValue - offset || _pieces.Count >= PiecesMax)
        {
            return false;
        }

        _pieces.Add((offset, length));
        return true;
    }

    /// <summary>True if the pieces fit in the file and are <paramref name="storedBytes"/> together.</summary>
    public bool Fits(long storedBytes)
    {
        long sum = 0;
        foreach (var (_, length) in _pieces)
        {
            sum += length;
        }

        return sum == storedBytes && (_pieces.Count == 0 || _pieces[^1].Offset + _pieces[^1].Length <= FileSize);
    }
}
