namespace Figment.Migration.Store;

/// <summary>What a store says of itself.</summary>
internal sealed record StoreMark
{
    public const int FormatNow = 1;

    public required int Format { get; init; }

    /// <summary>Derived from the key; null: nothing is encrypted.</summary>
    public byte[]? KeyCheck { get; init; }
}
