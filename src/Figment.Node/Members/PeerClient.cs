using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Members;

/// <summary>Asks one node. TLS 1.3; who answers is decided by <see cref="_trusts"/> alone, not by names or the system's authorities.</summary>
internal sealed class PeerClient : IDisposable
{
    private const int AnswerBytesMax = 4 * 1024 * 1024;

    private readonly Func<X509Certificate2, bool> _trusts;
    private readonly string _who;
    private readonly HttpClient _http;

    /// <param name="address">Host and port.</param>
    /// <param name="own">This node's certificate; null: it has none yet.</param>
    /// <param name="trusts">Whether this is who was meant.</param>
    /// <param name="who">The node, for messages.</param>
    public PeerClient(string address, X509Certificate2? own, Func<X509Certificate2, bool> trusts, string who)
    {
        _trusts = trusts;
        _who = who;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 known && _trusts(known),
                ClientCertificates = own is null ? null : [own],
            },
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri($"https://{address}/"), MaxResponseContentBufferSize = AnswerBytesMax, Timeout = Timeout.InfiniteTimeSpan };
    }

    public async Task<string> GetTextAsync(string path, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), patience, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<byte[]> GetBytesAsync(string path, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), patience, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<TAnswer> AskAsync<TAsk, TAnswer>(string path, TAsk ask, JsonTypeInfo<TAsk> askType, JsonTypeInfo<TAnswer> answerType, TimeSpan patience, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(ask, askType));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, patience, cancellationToken).ConfigureAwait(false);
        try
        {
            byte[] answer = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(answer, answerType) ?? throw new NodeException(ErrorCode.Failed, $"{_who} answered nothing");
        }
        catch (JsonException exception)
        {
            throw new NodeException(ErrorCode.Failed, $"{_who} answered what this node does not understand: {exception.Message}", "both should have the same version of Figment", exception);
        }
    }

    /// <summary>Sends a body as it comes to be.</summary>
    public async Task<TAnswer> SendAsync<TAnswer>(string path, Func<Stream, CancellationToken, Task> body, JsonTypeInfo<TAnswer> answerType, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Put, path) { Content = new WrittenContent(body) }, patience, cancellationToken).ConfigureAwait(false);
        byte[] answer = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return JsonSerializer.Deserialize(answer, answerType) ?? throw new NodeException(ErrorCode.Failed, $"{_who} answered nothing");
    }

    public void Dispose() => _http.Dispose();

    /// <exception cref="NodeException">It does not answer, is another, or refuses.</exception>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            using (request)
            {
                var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, limit.Token).ConfigureAwait(false);
                return response.IsSuccessStatusCode ? response : throw await RefusalAsync(response, limit.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NodeException(ErrorCode.Unavailable, $"{_who} does not answer within {patience.TotalSeconds:0} s", "figment node ls there; is its port open to this node?");
        }
        catch (HttpRequestException exception) when (exception.GetBaseException() is AuthenticationException)
        {
            throw new NodeException(ErrorCode.Forbidden, $"{_who} is not who it should be, or does not take this node for who it is: {exception.GetBaseException().Message}", "figment node ls shows the cluster", exception);
        }
        catch (HttpRequestException exception)
        {
            throw new NodeException(ErrorCode.Unavailable, $"{_who} cannot be reached: {exception.GetBaseException().Message}", "figment node ls there; is its port open to this node?", exception);
        }
    }

    private async Task<NodeException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (JsonSerializer.Deserialize(body, ApiJson.Default.ApiError) is { } error)
                {
                    return new NodeException(error.Code, $"{_who}: {error.Message}", error.Hint);
                }
            }
            catch (JsonException)
            {
                // It is no figmentd.
            }

            return new NodeException(ErrorCode.Failed, $"{_who} answered {(int)response.StatusCode}", "is that the port of a figmentd?");
        }
    }

    private sealed class WrittenContent(Func<Stream, CancellationToken, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => write(stream, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken) => write(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
