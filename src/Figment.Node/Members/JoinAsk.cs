namespace Figment.Node.Members;

/// <summary>A node asks to be let in.</summary>
internal sealed record JoinAsk
{
    public required string TokenId { get; init; }

    public required string Secret { get; init; }

    public required string Name { get; init; }

    public required MemberAddress Address { get; init; }

    /// <summary>PKCS #10, PEM.</summary>
    public required string CertificateRequest { get; init; }
}
