using System.Buffers;
using System.Security.Cryptography;

namespace Figment.Images;

/// <summary>Digests as OCI writes them. Only sha256 is in use: <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
internal static class Digests
{
    public const string Prefix = "sha256:";
    private const int HexLength = 64;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    public static bool IsValid(string? digest) =>
        digest is not null && digest.Length == Prefix.Length + HexLength && digest.StartsWith(Prefix, StringComparison.Ordinal)
        && !digest.AsSpan(Prefix.Length).ContainsAnyExcept(HexDigits);

    /// <summary>The part after the colon, which is safe as a file's name once <see cref="IsValid"/>.</summary>
    public static string Hex(string digest) => IsValid(digest) ? digest[Prefix.Length..] : throw new ArgumentException($"no digest: {digest}", nameof(digest));

    public static string Of(ReadOnlySpan<byte> hash) => Prefix + Convert.ToHexStringLower(hash);

    public static string OfContent(ReadOnlySpan<byte> content) => Of(SHA256.HashData(content));
}
