using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Figment.Api.Contract;
using Figment.Node.Errors;
using Figment.Node.Lifecycle;

namespace Figment.Node.Identity;

/// <summary>The certificate authority of a cluster (ECDSA, P-256). Whoever has its key says which nodes belong to it.</summary>
public sealed class ClusterAuthority : IDisposable
{
    private const string CertificateFile = "ca.pem";
    private const string KeyFile = "ca.key";
    private const int SerialBytes = 16;
    private const int Years = 20;

    /// <summary>A node asks for a new one long before.</summary>
    private const int NodeDays = 365;

    /// <summary>Clocks of nodes differ.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromMinutes(10);

    private readonly X509Certificate2 _pair;

    private ClusterAuthority(X509Certificate2 pair) => _pair = pair;

    /// <summary>Its certificate, which every node has.</summary>
    public string CertificatePem => _pair.ExportCertificatePem();

    /// <summary>By which a node that joins knows it.</summary>
    public string Fingerprint => FingerprintOf(_pair);

    public static string FingerprintOf(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));

    /// <summary>When a node's certificate was given.</summary>
    public static DateTimeOffset IssuedAt(X509Certificate2 certificate) => new DateTimeOffset(certificate.NotBefore.ToUniversalTime()) + ClockSlack;

    /// <summary>A new one, in a folder that has none.</summary>
    /// <exception cref="NodeException">The folder has one.</exception>
    public static ClusterAuthority Create(string folder, DateTimeOffset now)
    {
        if (Exists(folder))
        {
            throw new NodeException(ErrorCode.Conflict, $"this node has a cluster's authority already ({Path.Combine(folder, KeyFile)})", "figment node token lets further nodes join it");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=figment cluster {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var pair = request.CreateSelfSigned(now - ClockSlack, now.AddYears(Years));
        SecretFiles.MakeFolder(folder);
        AtomicFile.Write(Path.Combine(folder, CertificateFile), Encoding.ASCII.GetBytes(pair.ExportCertificatePem()), SecretFiles.Public);

        // The key last: with it the authority is there.
        AtomicFile.Write(Path.Combine(folder, KeyFile), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), SecretFiles.Secret);
        return new ClusterAuthority(pair);
    }

    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, KeyFile));

    /// <exception cref="NodeException">It is not there, or damaged.</exception>
    public static ClusterAuthority Load(string folder) => new(SecretFiles.LoadPair(Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile)));

    /// <summary>A certificate for a node's key. Only the key is taken from the request; what it is good for is decided here.</summary>
    /// <param name="requestPem">PKCS #10, signed with that key.</param>
    /// <param name="node">Its name.</param>
    /// <param name="now">From when on.</param>
    /// <exception cref="NodeException">The request is none, of another kind of key, or not signed with it; or the name is none.</exception>
    public string Sign(string requestPem, string node, DateTimeOffset now)
    {
        if (!NodeName.IsValid(node))
        {
            throw NodeName.Refuse(node);
        }

        PublicKey key;
        try
        {
            key = CertificateRequest.LoadSigningRequestPem(requestPem, HashAlgorithmName.SHA256).PublicKey;
            using var parameters = key.GetECDsaPublicKey();
            if (parameters?.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            {
                throw new NodeException(ErrorCode.InvalidRequest, "the request is for a key that is not of P-256");
            }
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"the request for a certificate is damaged: {exception.Message}", cause: exception);
        }

        var request = new CertificateRequest(new X500DistinguishedName($"CN={node}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(PeerTrust.ClientUse), new Oid(PeerTrust.ServerUse)], critical: true));
        using var signed = request.Create(_pair, now - ClockSlack, now.AddDays(NodeDays), Serial());
        return signed.ExportCertificatePem();
    }

    public void Dispose() => _pair.Dispose();

    /// <summary>Positive, as RFC 5280 wants it.</summary>
    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}
