namespace Figment.Conformance.Tests.Compose;

/// <summary>One mount. Exactly one of <see cref="Path"/>, <see cref="Volume"/> and <see cref="Content"/> is set.</summary>
internal sealed record ComposeMount
{
    public required string Target { get; init; }

    /// <summary>Absolute path on the node.</summary>
    public string? Path { get; init; }

    /// <summary>Name of a volume of the application.</summary>
    public string? Volume { get; init; }

    /// <summary>Text of a config.</summary>
    public string? Content { get; init; }

    public bool ReadOnly { get; init; }
}
