using Figment.Images.Tests.Support;

namespace Figment.Images.Tests;

/// <summary>Names, garbage, and what a crash leaves.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly StoreTest _test = new(inMemory: true);

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task Names_are_moved_and_taken_away()
    {
        var first = await _test.LoadAsync(TestImage.Of(new LayerTar().File("a", "1").Build()));
        var second = await _test.LoadAsync(TestImage.Of(new LayerTar().File("a", "2").Build()));

        Assert.Equal(second.Id, _test.Store.Find("test")!.Id);
        Assert.Empty(_test.Store.Find(first.Id)!.References);
        _test.Store.Tag(first.Id, Parse("other:1"));
        Assert.Equal(first.Id, _test.Store.Find("docker.io/library/other:1")!.Id);
        Assert.True(_test.Store.Untag(Parse("other:1")));
        Assert.False(_test.Store.Untag(Parse("other:1")));
        Assert.Null(_test.Store.Find("other:1"));
        Assert.Equal(ImageErrorKind.NotFound, Assert.Throws<ImageException>(() => _test.Store.Tag(TestImage.Digest([]), Parse("x"))).Kind);
    }

    [Fact]
    public async Task Garbage_is_what_no_name_and_no_machine_needs()
    {
        byte[] shared = new LayerTar().File("base").Build();
        var kept = await _test.LoadAsync(TestImage.Of(shared, new LayerTar().File("kept").Build()));
        _test.Store.Tag(kept.Id, Parse("kept"));
        var used = await _test.LoadAsync(TestImage.Of(shared, new LayerTar().File("used").Build()));
        var gone = await _test.LoadAsync(TestImage.Of(shared, new LayerTar().File("gone").Build()));
        Assert.True(_test.Store.Untag(Parse("test")));

        var report = _test.Store.CollectGarbage(used.LayerDirectories.ToHashSet());
        Assert.False(report.Busy);
        Assert.Equal([gone.Id], report.ImagesRemoved);
        Assert.Equal((1, 2), (report.LayersRemoved, report.BlobsRemoved));
        Assert.InRange(report.BytesFreed, 1, 100_000);
        Assert.All(kept.LayerDirectories.Concat(used.LayerDirectories), layer => Assert.True(Directory.Exists(layer)));
        Assert.False(Directory.Exists(gone.LayerDirectories[0]));
        Assert.Equal(((string[])[kept.Id, used.Id]).Order(StringComparer.Ordinal), _test.Store.List().Select(image => image.Id));

        report = _test.Store.CollectGarbage(new HashSet<string>());
        Assert.Equal([used.Id], report.ImagesRemoved);
        Assert.Equal(2, Directory.GetDirectories(_test.Folder["store/layers"]).Length);
    }

    [Fact]
    public async Task What_a_crash_left_is_collected()
    {
        await _test.LoadAsync(TestImage.Of(new LayerTar().File("a").Build()));
        string deep = Path.Combine(_test.Folder["store/staging"], "1-1", string.Join('/', Enumerable.Repeat("d", 100)));
        Directory.CreateDirectory(deep);
        File.WriteAllText(deep + "/file", "x");
        string partial = Path.Combine(_test.Folder["store/partial"], new string('0', 64));
        File.WriteAllText(partial, "half");
        _ = _test.Store.CollectGarbage(new HashSet<string>());
        Assert.Empty(Directory.GetFileSystemEntries(_test.Folder["store/staging"]));
        Assert.True(File.Exists(partial), "a download cut lately may be gone on with");

        File.SetLastWriteTimeUtc(partial, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));
        _ = _test.Store.CollectGarbage(new HashSet<string>());
        Assert.False(File.Exists(partial));
        Assert.Single(_test.Store.List());
    }

    [Fact]
    public async Task Garbage_is_not_collected_under_a_pull()
    {
        using var registry = new FaultRegistry();
        registry.Serve(TestImage.Of(new LayerTar().File("a").Build()));
        GarbageReport? report = null;
        registry.Interfere = (_, path, _) =>
        {
            report ??= _test.Store.CollectGarbage(new HashSet<string>());
            return Task.FromResult(false);
        };
        await _test.Store.PullAsync(registry.Reference, new PullOptions(), TestContext.Current.CancellationToken);

        Assert.True(report!.Busy);
        Assert.False(_test.Store.CollectGarbage(new HashSet<string>()).Busy);
    }

    [Fact]
    public void A_store_of_a_later_version_is_not_touched()
    {
        File.WriteAllText(_test.Folder["store/version"], "2\n");
        var failure = Assert.Throws<ImageException>(() => new ImageStore(_test.Folder["store"], TimeProvider.System));

        Assert.Contains("it has version \"2\"", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_health_check_comes_with_dockers_defaults()
    {
        var run = System.Text.Json.Nodes.JsonNode.Parse("""{"Healthcheck":{"Test":["CMD-SHELL","curl -f localhost"],"Interval":5000000000,"Retries":0}}""")!.AsObject();
        byte[] layer = new LayerTar().File("a").Build();
        var image = await _test.LoadAsync(new TestImage { Run = run }.Add(layer, layer, "").Finish());

        var health = image.Config.HealthCheck!;
        Assert.Equal(["curl -f localhost"], health.Test);
        Assert.Equal((true, false, 5000L, 30000L, 3), (health.Shell, health.Disable, health.IntervalMs, health.TimeoutMs, health.Retries));
    }

    [Fact]
    public async Task An_image_for_another_processor_is_refused_unless_asked_for()
    {
        byte[] layer = new LayerTar().File("a").Build();
        var image = new TestImage { Architecture = "riscv64" }.Add(layer, layer, "").Finish();
        var failure = await Assert.ThrowsAsync<ImageException>(() => _test.LoadAsync(image));

        Assert.Equal(ImageErrorKind.UnsupportedPlatform, failure.Kind);
        string layout = image.WriteLayout(_test.Folder.Make("other"));
        Assert.Single(await _test.Store.LoadAsync(layout, new LoadOptions { Platform = new ImagePlatform("linux", "riscv64") }, TestContext.Current.CancellationToken));
    }

    private static ImageReference Parse(string text) => ImageReference.TryParse(text, out var reference, out string? error) ? reference : throw new FormatException(error);
}
