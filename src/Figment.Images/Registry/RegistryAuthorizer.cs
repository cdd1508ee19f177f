using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Figment.Images.Manifests;

namespace Figment.Images.Registry;

/// <summary>Answers a registry's challenges: Basic, or Bearer by way of its token server. One object serves one pull; safe for its parallel requests.</summary>
internal sealed class RegistryAuthorizer(HttpClient http, RegistryEndpoint endpoint, ImageReference reference, RegistryCredentials? credentials, ImageLimits limits) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>What to send with the next request; null before the first challenge.</summary>
    public AuthenticationHeaderValue? Current { get; private set; }

    public void Dispose() => _turn.Dispose();

    /// <summary>Takes up the challenge of an answer to a request that carried <paramref name="used"/>.</summary>
    public async Task AnswerAsync(HttpResponseMessage response, AuthenticationHeaderValue? used, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Another request may have answered the same challenge meanwhile.
            if (Equals(Current, used))
            {
                Current = await MakeAsync([.. response.Headers.WwwAuthenticate.Select(Challenge.Parse)], cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public ImageException Refused(string why) =>
        new(ImageErrorKind.Unauthorized, $"image {reference}", why, $"See whether the name is right; for a private image give credentials for {reference.Registry}");

    private async Task<AuthenticationHeaderValue> MakeAsync(List<Challenge> challenges, CancellationToken cancellation)
    {
        if (challenges.Find(challenge => challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) is { } bearer)
        {
            return new AuthenticationHeaderValue("Bearer", await FetchTokenAsync(bearer, cancellation).ConfigureAwait(false));
        }

        if (challenges.Exists(challenge => challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)))
        {
            return credentials is null ? throw Refused($"registry {reference.Registry} wants a user and password") : Basic(credentials);
        }

        throw Refused($"registry {reference.Registry} wants a way of authentication that is neither Bearer nor Basic");
    }

    private static AuthenticationHeaderValue Basic(RegistryCredentials credentials) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.User}:{credentials.Password}")));

    private async Task<string> FetchTokenAsync(Challenge challenge, CancellationToken cancellation)
    {
        var parameters = challenge.Parameters;
        if (!parameters.TryGetValue("realm", out string? realm) || !Uri.TryCreate(realm, UriKind.Absolute, out var server)
            || !(server.Scheme == Uri.UriSchemeHttps || (server.Scheme == Uri.UriSchemeHttp && endpoint.MayBePlain(server))))
        {
            throw Refused($"registry {reference.Registry} sends for a token to \"{realm}\", which is no https address");
        }

        string scope = parameters.GetValueOrDefault("scope", $"repository:{reference.Repository}:pull");
        using var request = MakeTokenRequest(server, parameters.GetValueOrDefault("service"), scope);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw Refused($"token server {server.Authority} refuses the credentials ({(int)response.StatusCode})");
        }

        if (!response.IsSuccessStatusCode)
        {
            throw new TransientException($"token server {server.Authority} answers {(int)response.StatusCode}", RegistryAnswers.RetryAfter(response));
        }

        byte[] content = await RegistryAnswers.ReadWholeAsync(response, limits.ManifestBytesMax, $"token server {server.Authority}", cancellation).ConfigureAwait(false);
        var document = new ManifestReader($"token server {server.Authority}", limits).Parse(content, ManifestJson.Default.TokenDocument, "answer");
        return (document.Token ?? document.AccessToken) is { Length: > 0 } token && !token.Any(char.IsControl)
            ? token
            : throw Refused($"token server {server.Authority} answers without a token");
    }

    private HttpRequestMessage MakeTokenRequest(Uri server, string? service, string scope)
    {
        if (credentials?.IdentityToken is { } identity)
        {
            var form = new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["refresh_token"] = identity,
                ["client_id"] = "figment",
                ["scope"] = scope,
            };
            if (service is not null)
            {
                form["service"] = service;
            }

            return new HttpRequestMessage(HttpMethod.Post, server) { Content = new FormUrlEncodedContent(form) };
        }

        string query = string.Join('&', (string[])[.. service is null ? [] : (string[])[$"service={Uri.EscapeDataString(service)}"], $"scope={Uri.EscapeDataString(scope)}"]);
        var uri = new UriBuilder(server);
        uri.Query = uri.Query.Length > 1 ? uri.Query[1..] + "&" + query : query;
        var request = new HttpRequestMessage(HttpMethod.Get, uri.Uri);
        request.Headers.Authorization = credentials is null ? null : Basic(credentials);
        return request;
    }
}
