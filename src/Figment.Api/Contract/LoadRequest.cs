namespace Figment.Api.Contract;

public sealed record LoadRequest
{
    /// <summary>Absolute path on the node: OCI layout folder or archive, or a <c>docker save</c> archive.</summary>
    public required string Path { get; init; }

    /// <summary>Name for an image that has none.</summary>
    public string? Reference { get; init; }
}
