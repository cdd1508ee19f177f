namespace Figment.Migration.Store;

/// <summary>What a collection of garbage took away.</summary>
public sealed record StoreGarbage
{
    /// <summary>In whole packs, blocks within packs that stay, and what was left unfinished.</summary>
    public required long BytesFreed { get; init; }

    public required int PacksRemoved { get; init; }

    public required int BlocksRemoved { get; init; }
}
