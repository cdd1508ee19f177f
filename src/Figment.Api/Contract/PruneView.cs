namespace Figment.Api.Contract;

public sealed record PruneView
{
    public required int Images { get; init; }

    public required int Layers { get; init; }

    public required long FreedBytes { get; init; }
}
