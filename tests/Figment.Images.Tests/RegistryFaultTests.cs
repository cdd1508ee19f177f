using System.Text.Json.Nodes;
using Figment.Images.Tests.Support;

namespace Figment.Images.Tests;

/// <summary>What a pull does when the registry, or what is between, fails.</summary>
public sealed class RegistryFaultTests : IDisposable
{
    private readonly StoreTest _test = new(inMemory: true);
    private readonly FaultRegistry _registry = new();
    private readonly TestImage _image;
    private readonly string _layer;

    public RegistryFaultTests()
    {
        byte[] noise = new byte[600_000];
        new Random(1).NextBytes(noise);
        _image = TestImage.Of(new LayerTar().Bytes("noise", noise).Build(), new LayerTar().File("small").Build());
        _layer = _image.LayerDigests[0];
        _registry.Serve(_image);
    }

    public void Dispose()
    {
        _registry.Dispose();
        _test.Dispose();
    }

    [Fact]
    public async Task A_pull_brings_the_image()
    {
        var seen = new System.Collections.Concurrent.ConcurrentQueue<PullProgress>();
        var image = await _test.Store.PullAsync(_registry.Reference, new PullOptions { Progress = new Collecting(seen) }, TestContext.Current.CancellationToken);

        Assert.Equal((_image.Id, _image.ManifestDigest), (image.Id, image.ManifestDigest));
        Assert.Equal([_registry.Reference], image.References);
        Assert.Equal(2, image.LayerDirectories.Count);
        Assert.Equal([PullPhase.Downloading, PullPhase.Unpacking, PullPhase.Done], seen.Where(report => report.Digest == _layer).Select(report => report.Phase).Distinct());
        Assert.Empty(Directory.GetFiles(_test.Folder["store/partial"]));
    }

    [Fact]
    public async Task What_is_there_does_not_come_again()
    {
        await PullAsync();
        int before = _registry.Requests.Count;
        await PullAsync();

        Assert.Equal(["manifests/1"], _registry.Requests.Skip(before).Select(request => request.Path));
    }

    [Fact]
    public async Task A_cut_download_goes_on_where_it_ended()
    {
        const int First = 200_000;
        _registry.Interfere = async (context, path, attempt) =>
        {
            if (path != "blobs/" + _layer || attempt > 0)
            {
                return false;
            }

            await FaultRegistry.CutAsync(context, _registry.Content[path].Content, First);
            return true;
        };
        await PullAsync();

        var ranges = _registry.Requests.Where(request => request.Path == "blobs/" + _layer).Select(request => request.Range).ToList();
        Assert.Equal(2, ranges.Count);
        Assert.Null(ranges[0]);
        Assert.InRange(int.Parse(ranges[1]!["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture), 1, First);
    }

    [Fact]
    public async Task A_pull_that_failed_is_gone_on_with_by_another_store()
    {
        // Cut at every try: the pull gives up, and another process goes on later.
        _registry.Interfere = async (context, path, attempt) =>
        {
            if (path != "blobs/" + _layer)
            {
                return false;
            }

            string? range = context.Request.Headers["Range"];
            int from = range is null ? 0 : int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
            byte[] rest = _registry.Content[path].Content[from..];
            context.Response.StatusCode = range is null ? 200 : 206;
            context.Response.Headers["Content-Range"] = $"bytes {from}-{from + rest.Length - 1}/{from + rest.Length}";
            await FaultRegistry.CutAsync(context, rest, 20_000);
            return true;
        };
        var failure = await Assert.ThrowsAsync<ImageException>(PullAsync);
        Assert.Equal(ImageErrorKind.Network, failure.Kind);
        Assert.Contains("also after 4 more tries", failure.Message, StringComparison.Ordinal);
        long partial = new FileInfo(Path.Combine(_test.Folder["store/partial"], _layer[7..])).Length;
        Assert.InRange(partial, 1, 5 * 20_000);

        _registry.Interfere = (_, _, _) => Task.FromResult(false);
        var again = new ImageStore(_test.Folder["store"], TimeProvider.System);
        await again.PullAsync(_registry.Reference, new PullOptions(), TestContext.Current.CancellationToken);
        Assert.Contains(("blobs/" + _layer, $"bytes={partial}-"), _registry.Requests);
    }

    [Fact]
    public async Task A_registry_without_ranges_sends_all_again()
    {
        _registry.Interfere = async (context, path, attempt) =>
        {
            if (path != "blobs/" + _layer)
            {
                return false;
            }

            byte[] content = _registry.Content[path].Content;
            await (attempt == 0 ? FaultRegistry.CutAsync(context, content, 200_000) : FaultRegistry.AnswerAsync(context, 200, content));
            return true;
        };
        await PullAsync();
    }

    [Theory]
    [InlineData("blob")]
    [InlineData("blob longer")]
    [InlineData("config")]
    [InlineData("manifest")]
    public async Task What_is_not_what_its_digest_says_is_refused(string what)
    {
        string path = what switch { "config" => "blobs/" + _image.Id, "manifest" => "manifests/" + _image.ManifestDigest, _ => "blobs/" + _layer };
        byte[] wrong = what == "blob longer" ? [.. _registry.Content[path].Content, 1] : [.. _registry.Content[path].Content];
        wrong[^10] ^= 1;
        _registry.Content[path] = (wrong, TestImage.ManifestType);
        var reference = what == "manifest" ? Parse($"127.0.0.1:{_registry.Port}/app@{_image.ManifestDigest}") : _registry.Reference;
        var failure = await Assert.ThrowsAsync<ImageException>(() => _test.Store.PullAsync(reference, new PullOptions(), TestContext.Current.CancellationToken));

        Assert.Equal(ImageErrorKind.DigestMismatch, failure.Kind);
        Assert.Empty(_test.Store.List());
        Assert.False(File.Exists(Path.Combine(_test.Folder["store/blobs/sha256"], _layer[7..])));

        // Nothing wrong was kept: when the registry is mended the same pull works.
        _registry.Serve(_image);
        await PullAsync();
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_registry_that_asks_for_patience_gets_it(int status)
    {
        _registry.Interfere = async (context, path, attempt) =>
        {
            if (attempt > 0)
            {
                return false;
            }

            context.Response.Headers["Retry-After"] = "1";
            await FaultRegistry.AnswerAsync(context, status, []);
            return true;
        };
        long start = TimeProvider.System.GetTimestamp();
        await PullAsync();

        // Three rounds one after another (manifest, config, layers), each a second.
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 2.9, 60);
    }

    [Fact]
    public async Task A_registry_that_asks_for_too_much_patience_is_given_up()
    {
        _registry.Interfere = async (context, _, _) =>
        {
            context.Response.Headers["Retry-After"] = "86400";
            await FaultRegistry.AnswerAsync(context, 429, []);
            return true;
        };
        var failure = await Assert.ThrowsAsync<ImageException>(PullAsync);

        Assert.Equal(ImageErrorKind.Network, failure.Kind);
        Assert.Single(_registry.Requests);
        Assert.Contains("asks to wait 86400 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partial_download_that_a_loss_of_power_damaged_is_begun_anew()
    {
        File.WriteAllBytes(Path.Combine(_test.Folder["store/partial"], _layer[7..]), new byte[100_000]);
        await PullAsync();

        Assert.Equal(["bytes=100000-", null], _registry.Requests.Where(request => request.Path == "blobs/" + _layer).Select(request => request.Range));
    }

    [Fact]
    public async Task A_download_that_stalls_is_cut_and_gone_on_with()
    {
        using var release = new SemaphoreSlim(0);
        _registry.Interfere = async (context, path, attempt) =>
        {
            if (path != "blobs/" + _layer || attempt > 0)
            {
                return false;
            }

            context.Response.ContentLength64 = _registry.Content[path].Content.Length;
            await context.Response.OutputStream.WriteAsync(_registry.Content[path].Content.AsMemory(0, 100_000));
            await context.Response.OutputStream.FlushAsync();
            await release.WaitAsync(TimeSpan.FromSeconds(30));
            context.Response.Abort();
            return true;
        };
        await PullAsync();
        release.Release();

        Assert.Equal(2, _registry.Requests.Count(request => request.Path == "blobs/" + _layer));
    }

    [Fact]
    public async Task A_missing_image_is_said_to_be_missing()
    {
        var failure = await Assert.ThrowsAsync<ImageException>(() => _test.Store.PullAsync(Parse($"127.0.0.1:{_registry.Port}/app:2"), new PullOptions(), TestContext.Current.CancellationToken));

        Assert.Equal(ImageErrorKind.NotFound, failure.Kind);
        Assert.Equal(
            $"image 127.0.0.1:{_registry.Port}/app:2: registry 127.0.0.1:{_registry.Port} has no manifest 2 in app. See whether name and tag are right.",
            failure.Message);
    }

    [Fact]
    public async Task A_registry_that_is_not_there_is_a_matter_of_the_network()
    {
        int port = _registry.Port;
        _registry.Dispose();
        var failure = await Assert.ThrowsAsync<ImageException>(() => _test.Store.PullAsync(Parse($"127.0.0.1:{port}/app:1"), new PullOptions(), TestContext.Current.CancellationToken));

        Assert.Equal(ImageErrorKind.Network, failure.Kind);
    }

    [Fact]
    public async Task A_token_server_without_tls_elsewhere_gets_no_credentials()
    {
        _registry.Interfere = async (context, _, _) =>
        {
            context.Response.Headers["WWW-Authenticate"] = "Bearer realm=\"http://192.0.2.1/token\",service=\"x\"";
            await FaultRegistry.AnswerAsync(context, 401, []);
            return true;
        };
        var failure = await Assert.ThrowsAsync<ImageException>(PullAsync);

        Assert.Equal(ImageErrorKind.Unauthorized, failure.Kind);
        Assert.Contains("no https address", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"schemaVersion":1,"name":"app","fsLayers":[]}""", ImageErrorKind.UnsupportedMedia, "schema 1")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":2},"layers":[]}""", ImageErrorKind.UnsupportedMedia, "helm")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"layers":[]}""", ImageErrorKind.Corrupt, "at once")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"digest":"sha256:00","size":1}]}""", ImageErrorKind.Corrupt, "digest")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"platform":{"os":"windows","architecture":"amd64"}}]}""", ImageErrorKind.UnsupportedPlatform, "windows/amd64")]
    [InlineData("[]", ImageErrorKind.Corrupt, "manifest")]
    [InlineData("<html>", ImageErrorKind.Corrupt, "manifest")]
    public async Task What_is_no_image_is_refused_by_its_kind(string manifest, ImageErrorKind kind, string word)
    {
        _registry.Content["manifests/1"] = (System.Text.Encoding.UTF8.GetBytes(manifest), TestImage.ManifestType);
        if (manifest.Contains("index", StringComparison.Ordinal))
        {
            _registry.Content["manifests/1"] = (_registry.Content["manifests/1"].Content, "application/vnd.oci.image.index.v1+json");
        }

        var failure = await Assert.ThrowsAsync<ImageException>(PullAsync);

        Assert.Equal(kind, failure.Kind);
        Assert.Contains(word, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_leads_to_the_image_of_the_platform()
    {
        var other = new TestImage { Architecture = "s390x" }.Add(new LayerTar().File("big-endian").Build(), new LayerTar().File("big-endian").Build(), "").Finish();
        _registry.Serve(other);
        _registry.Serve(_image);
        static JsonObject Entry(TestImage image, string architecture)
        {
            var entry = TestImage.Descriptor(TestImage.ManifestType, image.Manifest);
            entry["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = architecture };
            return entry;
        }

        byte[] index = TestImage.Encode(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = TestImage.Array([Entry(other, "s390x"), Entry(_image, _image.Architecture)]) });
        _registry.Content["manifests/1"] = (index, "application/vnd.docker.distribution.manifest.list.v2+json");

        Assert.Equal(_image.Id, (await PullAsync()).Id);
        var forOther = await _test.Store.PullAsync(_registry.Reference, new PullOptions { Platform = new ImagePlatform("linux", "s390x") }, TestContext.Current.CancellationToken);
        Assert.Equal(other.Id, forOther.Id);
    }

    [Fact]
    public async Task A_cancelled_pull_ends_at_once_and_keeps_what_came()
    {
        using var cancel = new CancellationTokenSource();
        _registry.Interfere = async (context, path, _) =>
        {
            if (path != "blobs/" + _layer)
            {
                return false;
            }

            context.Response.ContentLength64 = _registry.Content[path].Content.Length;
            await context.Response.OutputStream.WriteAsync(_registry.Content[path].Content.AsMemory(0, 100_000));
            await context.Response.OutputStream.FlushAsync();
            await cancel.CancelAsync();
            return true;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _test.Store.PullAsync(_registry.Reference, new PullOptions(), cancel.Token));

        Assert.Empty(Directory.GetFileSystemEntries(_test.Folder["store/staging"]));
        Assert.False(_test.Store.CollectGarbage(new HashSet<string>()).Busy);
    }

    [Fact]
    public async Task Many_pulls_at_once_bring_each_blob_once()
    {
        var stores = Enumerable.Range(0, 4).Select(_ => new ImageStore(_test.Folder["store"], TimeProvider.System)).ToList();
        await Task.WhenAll(stores.Concat(stores).Select(store => store.PullAsync(_registry.Reference, new PullOptions(), TestContext.Current.CancellationToken)));

        Assert.Single(_registry.Requests, request => request.Path == "blobs/" + _layer);
        Assert.Single(_test.Store.List());
    }

    private Task<StoredImage> PullAsync() => _test.Store.PullAsync(_registry.Reference, new PullOptions(), TestContext.Current.CancellationToken);

    private static ImageReference Parse(string text) => ImageReference.TryParse(text, out var reference, out string? error) ? reference : throw new FormatException(error);

    private sealed class Collecting(System.Collections.Concurrent.ConcurrentQueue<PullProgress> seen) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => seen.Enqueue(value);
    }
}
