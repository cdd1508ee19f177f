namespace Figment.Model.Specs;

/// <summary>A config or secret of the application. Exactly one of <see cref="File"/>, <see cref="Content"/> and <see cref="External"/> is set. A secret's content never reaches journal, logs or <c>inspect</c>.</summary>
public sealed record FileSpec
{
    public required string Name { get; init; }

    /// <summary>Absolute path on the node.</summary>
    public string? File { get; init; }

    /// <summary>The text itself (inline <c>content</c>, or read from the variable that <c>environment</c> names).</summary>
    public string? Content { get; init; }

    public bool External { get; init; }

    /// <summary>Without the content: what is written somewhere for a reader may be anywhere.</summary>
    public override string ToString() => $"{nameof(FileSpec)} {Name}";
}
