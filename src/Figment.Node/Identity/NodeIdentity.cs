using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Figment.Api.Contract;
using Figment.Node.Errors;
using Figment.Node.Lifecycle;

namespace Figment.Node.Identity;

/// <summary>By what a node is known to the others of its cluster: a certificate with its key, and the cluster's own certificate.</summary>
public sealed class NodeIdentity : IDisposable
{
    private const string CertificateFile = "node.pem";
    private const string KeyFile = "node.key";
    private const string AuthorityFile = "cluster.pem";

    private NodeIdentity(X509Certificate2 certificate, X509Certificate2 authority) => (Certificate, Authority) = (certificate, authority);

    /// <summary>With its key.</summary>
    public X509Certificate2 Certificate { get; }

    public X509Certificate2 Authority { get; }

    public string Name => Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, CertificateFile));

    /// <summary>A new key in the folder, and a request for its certificate (PKCS #10). The certificate that is there stays of use until the new one is taken.</summary>
    public static string Request(string folder, string node)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        SecretFiles.MakeFolder(folder);
        AtomicFile.Write(PendingKey(folder), Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), SecretFiles.Secret);
        return new CertificateRequest($"CN={node}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    /// <summary>Takes the certificate that was asked for.</summary>
    /// <exception cref="NodeException">It is not for the key that was made, or not that authority's.</exception>
    public static NodeIdentity Accept(string folder, string certificatePem, string authorityPem, DateTimeOffset now)
    {
        try
        {
            var authority = X509Certificate2.CreateFromPem(authorityPem);
            var certificate = X509Certificate2.CreateFromPem(certificatePem, File.ReadAllText(PendingKey(folder)));
            if (PeerTrust.NodeOf(certificate, authority, now) is null)
            {
                throw new NodeException(ErrorCode.Failed, "the certificate is not of the cluster that gave it");
            }

            // Certificate and key belong together, and three files do not come at once: a crash in between is seen at the next load, and the node joins again.
            AtomicFile.Write(Path.Combine(folder, AuthorityFile), Encoding.ASCII.GetBytes(authorityPem), SecretFiles.Public);
            File.Move(PendingKey(folder), Path.Combine(folder, KeyFile), overwrite: true);
            AtomicFile.Write(Path.Combine(folder, CertificateFile), Encoding.ASCII.GetBytes(certificatePem), SecretFiles.Public);
            return new NodeIdentity(certificate, authority);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException)
        {
            throw new NodeException(ErrorCode.Failed, $"the certificate that was given is of no use: {exception.Message}", cause: exception);
        }
    }

    /// <exception cref="NodeException">It is damaged, or the node has joined no cluster.</exception>
    public static NodeIdentity Load(string folder)
    {
        if (!Exists(folder))
        {
            throw new NodeException(ErrorCode.Failed, "this node belongs to no cluster", "figment node init begins one, figment node join joins another's");
        }

        var certificate = SecretFiles.LoadPair(Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile));
        try
        {
            return new NodeIdentity(certificate, X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(folder, AuthorityFile))));
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException)
        {
            certificate.Dispose();
            throw new NodeException(ErrorCode.Failed, $"{Path.Combine(folder, AuthorityFile)} is no certificate: {exception.Message}", cause: exception);
        }
    }

    public void Dispose()
    {
        Certificate.Dispose();
        Authority.Dispose();
    }

    private static string PendingKey(string folder) => Path.Combine(folder, KeyFile + ".pending");
}
