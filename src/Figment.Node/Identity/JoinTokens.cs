using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Figment.Node.Lifecycle;

namespace Figment.Node.Identity;

/// <summary>Tokens that were given out and not used, in a file. Of their secrets only hashes are kept. Any thread.</summary>
public sealed class JoinTokens(string folder, TimeProvider time)
{
    private const string FileName = "tokens.json";

    private readonly Lock _lock = new();

    /// <summary>A token that one node may use within this time.</summary>
    public JoinToken Give(string fingerprint, TimeSpan lifetime)
    {
        var token = JoinToken.New(fingerprint);
        lock (_lock)
        {
            Write([.. Read(), new GivenToken(token.Id, HashOf(token.Secret), time.GetUtcNow() + lifetime)]);
        }

        return token;
    }

    /// <summary>Whether it may be used.</summary>
    public bool IsGood(string id, string secret)
    {
        lock (_lock)
        {
            return Find(Read(), id, secret) is not null;
        }
    }

    /// <summary>Whether it may be used; it is used by that.</summary>
    public bool Take(string id, string secret)
    {
        lock (_lock)
        {
            var given = Read();
            if (Find(given, id, secret) is not { } found)
            {
                return false;
            }

            Write([.. given.Where(token => token != found)]);
            return true;
        }
    }

    private static GivenToken? Find(List<GivenToken> given, string id, string secret) =>
        given.Find(token => token.Id == id && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(token.Hash), Encoding.ASCII.GetBytes(HashOf(secret))));

    private static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Those that have not run out.</summary>
    private List<GivenToken> Read()
    {
        string path = Path.Combine(folder, FileName);
        var given = File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), NodeJson.Default.IReadOnlyListGivenToken) ?? [] : [];
        return [.. given.Where(token => token.Expires > time.GetUtcNow())];
    }

    private void Write(IReadOnlyList<GivenToken> tokens)
    {
        SecretFiles.MakeFolder(folder);
        AtomicFile.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(tokens, NodeJson.Default.IReadOnlyListGivenToken), SecretFiles.Secret);
    }
}
