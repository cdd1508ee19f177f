using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Figment.Api.Contract;
using Figment.Node.Errors;
using Figment.Node.Identity;

namespace Figment.Node.Members;

/// <summary>The node that a cluster is joined by, of which nothing is known but what the user says.</summary>
internal sealed record JoinTarget(string Host, int Port)
{
    public string Who => $"the node at {this}";

    /// <exception cref="NodeException">It is none.</exception>
    public static JoinTarget Parse(string text)
    {
        bool isGood = Uri.TryCreate($"https://{text}/", UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0 && uri.PathAndQuery == "/" && uri.Host.Length > 0;
        return isGood
            ? new JoinTarget(uri!.Host, text.EndsWith($":{uri.Port}", StringComparison.Ordinal) ? uri.Port : MemberAddress.PortDefault)
            : throw new NodeException(ErrorCode.InvalidRequest, $"'{text}' is no address of a node", "HOST or HOST:PORT, as figment node token says");
    }

    /// <summary>
    /// The certificate of its authority, PEM, if that is the one that the token names. Anybody may show it, for it is public: that the node belongs to it is seen when it is spoken to.
    /// </summary>
    /// <exception cref="NodeException">It belongs to another, or is none of ours.</exception>
    public async Task<string> AuthorityAsync(JoinToken token, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var client = new PeerClient(ToString(), null, _ => true, Who);
        string pem = await client.GetTextAsync(PeerRoutes.Authority, patience, cancellationToken).ConfigureAwait(false);
        try
        {
            using var authority = X509Certificate2.CreateFromPem(pem);
            return ClusterAuthority.FingerprintOf(authority) == token.Fingerprint
                ? pem
                : throw new NodeException(ErrorCode.Forbidden, $"{Who} belongs to another cluster than the token", "figment node token says address and token together");
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new NodeException(ErrorCode.Failed, $"{Who} shows no certificate of an authority", "is that the port of a figmentd?", exception);
        }
    }

    public override string ToString() => $"{Host}:{Port}";
}
