using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Figment.Api.Contract;
using Figment.Node.Errors;
using Figment.Node.Identity;

namespace Figment.Node.Tests.Identity;

/// <summary>Who belongs to a cluster, and who does not.</summary>
public sealed class IdentityTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-identity-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Two_nodes_know_each_other_over_tls_and_by_name()
    {
        using var authority = ClusterAuthority.Create(Folder("ca"), Now);
        using var a = Join(authority, "a", Now);
        using var b = Join(authority, "b", Now);

        Assert.Equal(("b", "a"), await HandshakeAsync(a, b));
    }

    [Fact]
    public async Task A_node_of_another_cluster_is_not_spoken_to()
    {
        using var authority = ClusterAuthority.Create(Folder("ca"), Now);
        using var other = ClusterAuthority.Create(Folder("other"), Now);
        using var a = Join(authority, "a", Now);
        using var b = Join(other, "b", Now);

        await Assert.ThrowsAsync<AuthenticationException>(() => HandshakeAsync(a, b));
    }

    [Fact]
    public void What_is_written_is_found_again()
    {
        string fingerprint;
        using (var authority = ClusterAuthority.Create(Folder("ca"), Now))
        {
            fingerprint = authority.Fingerprint;
            Join(authority, "a", Now).Dispose();
        }

        using var again = ClusterAuthority.Load(Folder("ca"));
        using var a = NodeIdentity.Load(Folder("a"));
        Assert.Equal((fingerprint, fingerprint), (again.Fingerprint, ClusterAuthority.FingerprintOf(a.Authority)));
        Assert.Equal("a", a.Name);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Folder("a"), "node.key")));
        Assert.Equal(ErrorCode.Conflict, Assert.Throws<NodeException>(() => ClusterAuthority.Create(Folder("ca"), Now)).Code);
    }

    [Fact]
    public void A_certificate_is_good_for_a_year_and_of_its_cluster_only()
    {
        using var authority = ClusterAuthority.Create(Folder("ca"), Now);
        using var other = ClusterAuthority.Create(Folder("other"), Now);
        using var a = Join(authority, "a", Now);
        using var stranger = Join(other, "a", Now);
        using var root = X509Certificate2.CreateFromPem(authority.CertificatePem);

        Assert.Equal("a", PeerTrust.NodeOf(a.Certificate, root, Now.AddDays(364)));
        Assert.Null(PeerTrust.NodeOf(a.Certificate, root, Now.AddDays(366)));
        Assert.Null(PeerTrust.NodeOf(a.Certificate, root, Now.AddHours(-1)));
        Assert.Null(PeerTrust.NodeOf(stranger.Certificate, root, Now));
        Assert.Null(PeerTrust.NodeOf(root, root, Now));
    }

    [Fact]
    public void A_node_cannot_let_others_in()
    {
        using var authority = ClusterAuthority.Create(Folder("ca"), Now);
        using var a = Join(authority, "a", Now);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=b", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: true));
        var generator = X509SignatureGenerator.CreateForECDsa(a.Certificate.GetECDsaPrivateKey()!);
        using var forged = request.Create(a.Certificate.SubjectName, generator, Now, Now.AddDays(1), [1]);

        Assert.Null(PeerTrust.NodeOf(forged, a.Authority, Now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("A")]
    [InlineData("a.b")]
    [InlineData("a,O=x")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void A_name_that_is_none_is_not_signed(string name)
    {
        using var authority = ClusterAuthority.Create(Folder("ca"), Now);

        Assert.Equal(ErrorCode.InvalidRequest, Assert.Throws<NodeException>(() => authority.Sign(NodeIdentity.Request(Folder("x"), "x"), name, Now)).Code);
    }

    [Fact]
    public void A_request_that_is_damaged_or_for_another_kind_of_key_is_not_signed()
    {
        using var authority = ClusterAuthority.Create(Folder("ca"), Now);
        string request = NodeIdentity.Request(Folder("x"), "x");
        using var rsa = RSA.Create(2048);
        using var longer = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        string[] bad =
        [
            "",
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
            request.Replace("CERTIFICATE REQUEST", "CERTIFICATE", StringComparison.Ordinal),
            Changed(request),
            new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem(),
            new CertificateRequest("CN=x", longer, HashAlgorithmName.SHA256).CreateSigningRequestPem(),
        ];

        Assert.All(bad, text => Assert.Equal(ErrorCode.InvalidRequest, Assert.Throws<NodeException>(() => authority.Sign(text, "x", Now)).Code));
    }

    [Fact]
    public void A_certificate_for_another_key_is_not_taken()
    {
        using var authority = ClusterAuthority.Create(Folder("ca"), Now);
        string certificate = authority.Sign(NodeIdentity.Request(Folder("x"), "x"), "x", Now);
        NodeIdentity.Request(Folder("x"), "x");

        Assert.Throws<NodeException>(() => NodeIdentity.Accept(Folder("x"), certificate, authority.CertificatePem, Now));
        Assert.False(NodeIdentity.Exists(Folder("x")));
    }

    [Fact]
    public void A_key_that_is_open_to_others_is_refused_with_what_to_do()
    {
        using var authority = ClusterAuthority.Create(Folder("ca"), Now);
        Join(authority, "a", Now).Dispose();
        string key = Path.Combine(Folder("a"), "node.key");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.Equal($"chmod 600 {key}", Assert.Throws<NodeException>(() => NodeIdentity.Load(Folder("a"))).Hint);
    }

    private static string Changed(string request)
    {
        char[] characters = request.ToCharArray();
        int at = request.Length / 2;
        characters[at] = characters[at] == 'A' ? 'B' : 'A';
        return new string(characters);
    }

    private static async Task<(string Server, string Client)> HandshakeAsync(NodeIdentity client, NodeIdentity server)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var there = new TcpClient();
        await there.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var here = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        string? seenByClient = null;
        string? seenByServer = null;
        using var asClient = new SslStream(there.GetStream());
        using var asServer = new SslStream(here.GetStream());
        var accepting = asServer.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = server.Certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (seenByServer = NameOf(certificate, server)) is not null,
            },
            TestContext.Current.CancellationToken);
        var connecting = asClient.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "",
                ClientCertificates = [client.Certificate],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => (seenByClient = NameOf(certificate, client)) is not null,
            },
            TestContext.Current.CancellationToken);
        try
        {
            await connecting;
        }
        finally
        {
            there.Client.Shutdown(SocketShutdown.Send);
        }

        await accepting;
        return (seenByClient!, seenByServer!);
    }

    private static string? NameOf(X509Certificate? certificate, NodeIdentity own) => certificate is X509Certificate2 peer ? PeerTrust.NodeOf(peer, own.Authority, Now) : null;

    private string Folder(string name) => Path.Combine(_folder, name);

    private NodeIdentity Join(ClusterAuthority authority, string name, DateTimeOffset now) =>
        NodeIdentity.Accept(Folder(name), authority.Sign(NodeIdentity.Request(Folder(name), name), name, now), authority.CertificatePem, now);
}
