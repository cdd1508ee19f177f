using System.Net;
using System.Net.Http.Headers;
using Figment.Images.Manifests;
using Polly;
using Polly.Retry;

namespace Figment.Images.Registry;

/// <summary>Requests to one repository of a registry (distribution-spec 1.1): with authentication, time-outs, and patience for what is transient.</summary>
internal sealed class RegistryClient : IDisposable
{
    // One for the process: connections are shared, and DNS changes are seen when they are renewed. Bodies are taken as they are: digests are of those bytes.
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        MaxAutomaticRedirections = 5,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly ImageReference _reference;
    private readonly RegistryEndpoint _endpoint;
    private readonly RegistryAuthorizer _authorizer;
    private readonly RetrySettings _settings;
    private readonly ImageLimits _limits;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _patience;

    public RegistryClient(ImageReference reference, PullOptions options, RetrySettings settings, ImageLimits limits, TimeProvider time)
    {
        (_reference, _settings, _limits, _time) = (reference, settings, limits, time);
        _endpoint = new RegistryEndpoint(reference, options.InsecureRegistries);
        _authorizer = new RegistryAuthorizer(Http, _endpoint, reference, options.Credentials, limits);
        _patience = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<TransientException>(failure => !(failure.RetryAfter > settings.RetryAfterMax)),
            MaxRetryAttempts = settings.RetriesMax,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = settings.FirstDelay,
            MaxDelay = settings.DelayMax,
            DelayGenerator = attempt => ValueTask.FromResult((attempt.Outcome.Exception as TransientException)?.RetryAfter),
        }).Build();
    }

    private string Subject => $"image {_reference}";

    public void Dispose() => _authorizer.Dispose();

    /// <summary>A manifest by tag or digest; its digest verified if one was asked for or the registry tells it.</summary>
    public Task<(byte[] Content, string? MediaType)> GetManifestAsync(string tagOrDigest, CancellationToken cancellation) =>
        WithPatienceAsync(
            async inner =>
            {
                using var response = await SendAsync("manifests/" + tagOrDigest, request => AcceptManifests(request), inner).ConfigureAwait(false);
                ThrowUnlessSuccess(response, $"registry {_reference.Registry} has no manifest {tagOrDigest} in {_reference.Repository}");
                byte[] content = await WithTimeoutAsync(body => RegistryAnswers.ReadWholeAsync(response, _limits.ManifestBytesMax, Subject, body), inner).ConfigureAwait(false);
                string? told = response.Headers.TryGetValues("Docker-Content-Digest", out var values) ? values.First() : null;
                string? expected = Digests.IsValid(tagOrDigest) ? tagOrDigest : Digests.IsValid(told) ? told : null;
                string found = Digests.OfContent(content);
                return expected is null || expected == found
                    ? (content, response.Content.Headers.ContentType?.MediaType)
                    : throw new ImageException(ImageErrorKind.DigestMismatch, Subject, $"its manifest should be {expected} but is {found}", "Pull again; if it stays so, distrust the registry or what is between");
            },
            cancellation);

    /// <summary>A small blob, verified.</summary>
    public Task<byte[]> GetBlobAsync(BlobDescriptor blob, long bytesMax, CancellationToken cancellation) =>
        WithPatienceAsync(
            async inner =>
            {
                using var response = await SendBlobAsync(blob, 0, inner).ConfigureAwait(false);
                byte[] content = await WithTimeoutAsync(body => RegistryAnswers.ReadWholeAsync(response, bytesMax, Subject, body), inner).ConfigureAwait(false);
                string found = Digests.OfContent(content);
                return found == blob.Digest ? content : throw Mismatch(blob, found);
            },
            cancellation);

    /// <summary>The body of a blob, from an offset if the registry does that: see the answer's status. Throws for what is neither 200 nor 206 nor 416.</summary>
    public async Task<HttpResponseMessage> SendBlobAsync(BlobDescriptor blob, long offset, CancellationToken cancellation)
    {
        var response = await SendAsync("blobs/" + blob.Digest, request => request.Headers.Range = offset == 0 ? null : new RangeHeaderValue(offset, null), cancellation).ConfigureAwait(false);
        if (offset > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return response;
        }

        try
        {
            ThrowUnlessSuccess(response, $"registry {_reference.Registry} has no blob {blob.Digest}");
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public ImageException Mismatch(BlobDescriptor blob, string found) =>
        new(ImageErrorKind.DigestMismatch, $"blob {blob.Digest} of {Subject}", $"what came has the digest {found}", "Pull again; if it stays so, the registry's copy is damaged or something between changes it");

    /// <summary>Repeats what fails transiently; the last failure becomes an error that says so.</summary>
    public async Task<T> WithPatienceAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellation)
    {
        try
        {
            return await _patience.ExecuteAsync(async inner => await ClassifyAsync(request, inner).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }
        catch (TransientException failure)
        {
            string tries = failure.RetryAfter > _settings.RetryAfterMax ? $" and asks to wait {failure.RetryAfter.Value.TotalSeconds} s" : $", also after {_settings.RetriesMax} more tries";
            throw new ImageException(
                ImageErrorKind.Network,
                Subject,
                $"registry {_reference.Registry} could not be used{tries}: {failure.Message}",
                "See whether it is reachable from this node; pulling again goes on where this ended",
                failure);
        }
    }

    private async Task<T> ClassifyAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellation)
    {
        try
        {
            return await request(cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            // The store's own failures are translated where they happen: an IOException here is the connection's.
            throw new TransientException(failure.InnerException is null ? failure.Message : $"{failure.Message} ({failure.InnerException.Message})", null, failure);
        }
    }

    private static void AcceptManifests(HttpRequestMessage request)
    {
        foreach (string type in MediaTypes.Accepted)
        {
            request.Headers.Accept.ParseAdd(type);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string path, Action<HttpRequestMessage> prepare, CancellationToken cancellation)
    {
        var response = await SendOnceAsync(path, prepare, cancellation).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }

        response.Dispose();
        throw _authorizer.Refused($"registry {_reference.Registry} refuses the request also with what it asked for");
    }

    private async Task<HttpResponseMessage> SendOnceAsync(string path, Action<HttpRequestMessage> prepare, CancellationToken cancellation)
    {
        var authorization = _authorizer.Current;
        var response = await RequestAsync(path, prepare, authorization, cancellation).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized)
        {
            return response;
        }

        using (response)
        {
            await WithTimeoutAsync(inner => AnswerChallengeAsync(response, authorization, inner), cancellation).ConfigureAwait(false);
        }

        return await RequestAsync(path, prepare, _authorizer.Current, cancellation).ConfigureAwait(false);
    }

    private async Task<bool> AnswerChallengeAsync(HttpResponseMessage response, AuthenticationHeaderValue? used, CancellationToken cancellation)
    {
        await _authorizer.AnswerAsync(response, used, cancellation).ConfigureAwait(false);
        return true;
    }

    private Task<HttpResponseMessage> RequestAsync(string path, Action<HttpRequestMessage> prepare, AuthenticationHeaderValue? authorization, CancellationToken cancellation) =>
        WithTimeoutAsync(
            async inner =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_endpoint.Base, path));
                request.Headers.UserAgent.ParseAdd("figment");
                request.Headers.Authorization = authorization;
                prepare(request);
                return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, inner).ConfigureAwait(false);
            },
            cancellation);

    private async Task<T> WithTimeoutAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_settings.AnswerTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return await work(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new TransientException($"no answer within {_settings.AnswerTimeout.TotalSeconds} s");
        }
    }

    private void ThrowUnlessSuccess(HttpResponseMessage response, string notFound)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        int status = (int)response.StatusCode;
        throw response.StatusCode switch
        {
            HttpStatusCode.NotFound => new ImageException(ImageErrorKind.NotFound, Subject, notFound, "See whether name and tag are right"),
            HttpStatusCode.Forbidden => _authorizer.Refused($"registry {_reference.Registry} forbids it"),
            var other when RegistryAnswers.IsTransient(other) => new TransientException($"it answers {status}", RegistryAnswers.RetryAfter(response)),
            _ => new ImageException(ImageErrorKind.Network, Subject, $"registry {_reference.Registry} answers {status} {response.ReasonPhrase}", "See whether this is a registry of the distribution API v2"),
        };
    }
}
