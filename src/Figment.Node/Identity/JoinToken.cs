using System.Security.Cryptography;

namespace Figment.Node.Identity;

/// <summary>What a node needs to join: whom to trust, and by what it is let in. Written <c>ID.SECRET.FINGERPRINT</c>, in hexadecimal digits.</summary>
/// <param name="Id">To find it again.</param>
/// <param name="Secret">Is good once.</param>
/// <param name="Fingerprint">SHA-256 of the authority's certificate: the node that joins talks to nobody else.</param>
public sealed record JoinToken(string Id, string Secret, string Fingerprint)
{
    private const int IdBytes = 4;
    private const int SecretBytes = 16;
    private const int FingerprintBytes = 32;

    public static JoinToken New(string fingerprint) =>
        new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes)), fingerprint);

    /// <summary>Null: it is none.</summary>
    public static JoinToken? Parse(string text) =>
        text.Split('.') is [var id, var secret, var fingerprint] && IsHex(id, IdBytes) && IsHex(secret, SecretBytes) && IsHex(fingerprint, FingerprintBytes)
            ? new JoinToken(id, secret, fingerprint)
            : null;

    public override string ToString() => $"{Id}.{Secret}.{Fingerprint}";

    private static bool IsHex(string text, int bytes) => text.Length == 2 * bytes && text.All(character => character is (>= '0' and <= '9') or (>= 'a' and <= 'f'));
}
