namespace Figment.Node.Planning;

/// <summary>A config or secret as a file on the node, bound into machines. Its path changes with its content, and with the path the machine's revision.</summary>
public sealed record PlannedFile
{
    /// <summary><c>config</c> or <c>secret</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Name in the application.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute, below the application's runtime folder.</summary>
    public required string Path { get; init; }

    public required int Mode { get; init; }

    public required uint Owner { get; init; }

    public required uint Group { get; init; }
}
