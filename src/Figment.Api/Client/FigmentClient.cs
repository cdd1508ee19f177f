using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Figment.Api.Contract;

namespace Figment.Api.Client;

/// <summary>
/// The API of one node, over its Unix socket. Any thread may use it. Errors that the daemon tells are <see cref="FigmentApiException"/>,
/// a daemon that is not there is <see cref="FigmentUnreachableException"/>, an answer outside the contract is <see cref="InvalidDataException"/>.
/// This part has the transport, the other parts the routes.
/// </summary>
public sealed partial class FigmentClient : IDisposable
{
    /// <summary>Answers that are one document; an <c>inspect</c> of a big application has some hundred KiB.</summary>
    private const int DocumentBytesMax = 16 * 1024 * 1024;

    private readonly HttpClient _http;

    public FigmentClient(string socketPath)
    {
        SocketPath = socketPath;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) => await ConnectAsync(cancellationToken).ConfigureAwait(false),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri("http://figment"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = DocumentBytesMax,
        };
    }

    public string SocketPath { get; }

    /// <summary>Connects and leaves: is there somebody at the socket?</summary>
    /// <exception cref="FigmentUnreachableException">No.</exception>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        var stream = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new FigmentUnreachableException(SocketPath, ReasonOf(exception), exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private UnreachableReason ReasonOf(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => UnreachableReason.Refused,
        SocketError.AccessDenied => UnreachableReason.Denied,

        // .NET has no name of its own for ENOENT of connect(2) on a path.
        _ => exception.NativeErrorCode == 2 || !File.Exists(SocketPath) ? UnreachableReason.Missing : UnreachableReason.Other,
    };

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, type, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, string? upgrade, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (upgrade is not null)
        {
            request.Headers.Add(Routes.StreamRequestHeader, upgrade);
            request.Headers.Connection.Add("Upgrade");
            request.Headers.Upgrade.Add(new ProductHeaderValue(Routes.UpgradeProtocol));
        }

        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, completion, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.InnerException is FigmentUnreachableException unreachable)
        {
            throw unreachable;
        }
        catch (HttpRequestException exception)
        {
            throw new InvalidDataException($"the daemon at {SocketPath} broke off: {exception.InnerException?.Message ?? exception.Message}", exception);
        }

        if ((int)response.StatusCode < 400)
        {
            return response;
        }

        using (response)
        {
            throw await ErrorAsync(response, cancellationToken).ConfigureAwait(false);
        }
    }

    private static HttpContent Json<T>(T value, JsonTypeInfo<T> type)
    {
        // Bytes at once instead of JsonContent: the length is known, so the body is not chunked.
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static async Task<FigmentApiException> ErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        int status = (int)response.StatusCode;
        try
        {
            if (await response.Content.ReadFromJsonAsync(ApiJson.Default.ApiError, cancellationToken).ConfigureAwait(false) is { } error)
            {
                return new FigmentApiException(error, status);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not from our code but from the HTTP server beneath it, which knows no ApiError: the status is all there is.
        }

        var code = status switch
        {
            400 or 405 or 411 or 413 or 415 => ErrorCode.InvalidRequest,
            403 => ErrorCode.Forbidden,
            404 => ErrorCode.NotFound,
            409 => ErrorCode.Conflict,
            503 => ErrorCode.Unavailable,
            _ => ErrorCode.Internal,
        };
        return new FigmentApiException(new ApiError { Code = code, Message = $"the daemon answered {status} {response.ReasonPhrase} to {response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.PathAndQuery}" }, status);
    }

    private static async Task<T> DocumentAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellationToken).ConfigureAwait(false) ?? throw new InvalidDataException("the daemon's answer is null");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"the daemon's answer is not what was expected: {exception.Message}", exception);
        }
    }

    private async IAsyncEnumerable<T> LinesAsync<T>(HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, content, upgrade: null, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var line in JsonLines.ReadAsync(stream, type, cancellationToken).ConfigureAwait(false))
        {
            yield return line;
        }
    }

    /// <summary>Lines up to the one with <see cref="ProgressLine.Done"/>; an error inside is thrown, and so is an end without either.</summary>
    private async IAsyncEnumerable<ProgressLine> ProgressAsync(HttpMethod method, string path, HttpContent? content, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var line in LinesAsync(method, path, content, ApiJson.Default.ProgressLine, cancellationToken).ConfigureAwait(false))
        {
            if (line.Error is { } error)
            {
                throw new FigmentApiException(error, FigmentApiException.StatusOf(error.Code));
            }

            yield return line;
            if (line.Done)
            {
                yield break;
            }
        }

        throw new InvalidDataException("the daemon ended its answer before the work was done; its log says why");
    }

    private async Task<FrameStream> UpgradeAsync<T>(string path, T request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        string header = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(request, type));
        if (header.Length > Routes.StreamRequestHeaderBytesMax)
        {
            string message = $"the command line and its environment are too long: {header.Length} bytes in base64, {Routes.StreamRequestHeaderBytesMax} are allowed";
            throw new FigmentApiException(new ApiError { Code = ErrorCode.InvalidRequest, Message = message, Hint = "put the command into a script in the machine", ExitCode = 125 }, 400);
        }

        var response = await SendAsync(HttpMethod.Post, path, null, header, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != System.Net.HttpStatusCode.SwitchingProtocols)
        {
            response.Dispose();
            throw new InvalidDataException($"the daemon answered {(int)response.StatusCode} instead of 101 to a request for a stream");
        }

        // After 101 the content is the connection itself, both ways; disposing it closes the connection.
        return new FrameStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
    }
}
