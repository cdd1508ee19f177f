namespace Figment.Compose.Interpolation;

/// <summary>Counts characters made or read in one load, over all files.</summary>
internal sealed class TextBudget(long charactersMax)
{
    private long _used;

    public long Left => Math.Max(0, charactersMax - _used);

    /// <summary>False once the load has grown too large.</summary>
    public bool Take(long characters)
    {
        _used += characters;
        return _used <= charactersMax;
    }
}
