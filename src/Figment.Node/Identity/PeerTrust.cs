using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Figment.Node.Identity;

/// <summary>Who is at the other end of a connection between nodes.</summary>
public static class PeerTrust
{
    /// <summary>TLS client authentication (RFC 5280).</summary>
    internal const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>TLS server authentication.</summary>
    internal const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <summary>The name of the node that has this certificate. Null: it is not of this cluster, or not now.</summary>
    public static string? NodeOf(X509Certificate2 certificate, X509Certificate2 authority, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientUse));
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerUse));
        bool isTrusted = chain.Build(certificate);
        foreach (var element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        // The authority itself is nobody's node.
        return isTrusted && chain.ChainElements.Count == 2 && certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is var name && NodeName.IsValid(name) ? name : null;
    }
}
