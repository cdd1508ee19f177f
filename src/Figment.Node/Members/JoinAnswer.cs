namespace Figment.Node.Members;

/// <summary>It is let in.</summary>
internal sealed record JoinAnswer
{
    /// <summary>PEM.</summary>
    public required string Certificate { get; init; }

    public required MemberList Members { get; init; }
}
