namespace Figment.Node.Members;

/// <summary>What two nodes tell each other whenever they meet.</summary>
internal sealed record Hello
{
    /// <summary>Of Figment.</summary>
    public required string Version { get; init; }

    public required MemberList Members { get; init; }
}
