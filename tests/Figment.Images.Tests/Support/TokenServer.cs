using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Figment.Images.Tests.Support;

/// <summary>The token server that a registry with token authentication sends to. It knows one user; anybody may pull what begins with public/.</summary>
internal sealed class TokenServer : IDisposable
{
    public const string User = "alice", Password = "s3cret:with:colons";
    private const string Issuer = "figment-test-issuer", Service = "figment-test";

    private readonly HttpListener _listener = new();
    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _certificate;
    private readonly Task _serving;

    public TokenServer()
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        var now = TimeProvider.System.GetUtcNow();
        var request = new CertificateRequest("CN=figment-test", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port { get; }

    public int TokensIssued { get; private set; }

    /// <summary>The part of a registry's configuration that sends here.</summary>
    public string Configure(string folder)
    {
        string bundle = Path.Combine(folder, "bundle.pem");
        File.WriteAllText(bundle, _certificate.ExportCertificatePem());
        return $"""
            auth:
              token:
                realm: http://127.0.0.1:{Port}/token
                service: {Service}
                issuer: {Issuer}
                rootcertbundle: {bundle}
            """;
    }

    public void Dispose()
    {
        _listener.Close();
        _serving.Wait();
        _certificate.Dispose();
        _key.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                Answer(await _listener.GetContextAsync());
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        string? authorization = context.Request.Headers["Authorization"];
        bool known = authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        string[] scope = (context.Request.QueryString["scope"] ?? "").Split(':');
        if (authorization is not null && !known)
        {
            context.Response.StatusCode = 401;
            context.Response.Close();
            return;
        }

        bool allowed = scope.Length == 3 && (known || scope[1].StartsWith("public/", StringComparison.Ordinal));
        TokensIssued++;
        byte[] body = TestImage.Encode(new JsonObject { ["token"] = Sign(scope, allowed), ["expires_in"] = 300 });
        context.Response.ContentType = "application/json";
        context.Response.Close(body, willBlock: true);
    }

    private string Sign(string[] scope, bool allowed)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var access = new JsonArray();
        if (allowed)
        {
            access.Add(new JsonObject { ["type"] = scope[0], ["name"] = scope[1], ["actions"] = TestImage.Array(scope[2].Split(',').Select(action => (JsonNode)action)) });
        }

        var header = new JsonObject { ["typ"] = "JWT", ["alg"] = "RS256", ["x5c"] = TestImage.Array([Convert.ToBase64String(_certificate.RawData)]) };
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = User,
            ["aud"] = Service,
            ["exp"] = now + 300,
            ["nbf"] = now - 10,
            ["iat"] = now,
            ["jti"] = $"token-{TokensIssued}",
            ["access"] = access,
        };
        string signed = Encode(TestImage.Encode(header)) + "." + Encode(TestImage.Encode(claims));
        return signed + "." + Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private static string Encode(byte[] content) => Convert.ToBase64String(content).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
