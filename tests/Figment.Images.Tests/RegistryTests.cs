using Figment.Images.Tests.Support;
using Figment.Model.Specs;

namespace Figment.Images.Tests;

/// <summary>Pulls from Debian's docker-registry, and loads of what skopeo and umoci write.</summary>
public sealed class RegistryTests(RegistryFixture fixture) : IClassFixture<RegistryFixture>, IDisposable
{
    private readonly StoreTest _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task An_image_of_a_real_registry_runs()
    {
        var reference = fixture.Registry.Reference("tools/busybox:1");
        var image = await _test.Store.PullAsync(reference, new PullOptions(), TestContext.Current.CancellationToken);

        Assert.Equal(2, image.LayerDirectories.Count);
        MergedImage.Verify(image, _test.Folder);
        VerifyConfig(image.Config);
        Assert.Equal(image.Id, _test.Store.Find(reference)!.Id);
        Assert.InRange(image.SizeBytes, 1 << 20, 1 << 24);
    }

    [Fact]
    public async Task An_image_is_pulled_by_digest()
    {
        var byTag = await _test.Store.PullAsync(fixture.Registry.Reference("tools/busybox:1"), new PullOptions(), TestContext.Current.CancellationToken);
        var reference = fixture.Registry.Reference("tools/busybox@" + byTag.ManifestDigest);

        Assert.Equal(byTag.Id, _test.Store.Find(reference)!.Id);
        Assert.Equal(byTag.Id, (await _test.Store.PullAsync(reference, new PullOptions(), TestContext.Current.CancellationToken)).Id);
    }

    [Theory]
    [InlineData("tools/busybox:2")]
    [InlineData("tools/nothing:1")]
    public async Task What_a_real_registry_does_not_have_is_missing(string name)
    {
        var failure = await Assert.ThrowsAsync<ImageException>(() => _test.Store.PullAsync(fixture.Registry.Reference(name), new PullOptions(), TestContext.Current.CancellationToken));

        Assert.Equal(ImageErrorKind.NotFound, failure.Kind);
    }

    [Theory]
    [InlineData("oci-archive")]
    [InlineData("docker-archive")]
    [InlineData("oci-archive.gz")]
    [InlineData("docker-archive.zst")]
    [InlineData("oci")]
    public async Task An_image_of_another_form_is_the_same_image(string form)
    {
        string path = _test.Folder["image.tar"];
        string transport = form.Split('.')[0];
        Tool.Run("skopeo", "--insecure-policy", "copy", $"oci:{fixture.Layout}:1", $"{transport}:{path}:example.com/busybox:7");
        if (form.EndsWith(".gz", StringComparison.Ordinal))
        {
            Tool.Run("gzip", path);
            path += ".gz";
        }
        else if (form.EndsWith(".zst", StringComparison.Ordinal))
        {
            Tool.Run("zstd", "-q", "--rm", path);
            path += ".zst";
        }

        var image = Assert.Single(await _test.Store.LoadAsync(path, new LoadOptions(), TestContext.Current.CancellationToken));
        MergedImage.Verify(image, _test.Folder);
        VerifyConfig(image.Config);
        Assert.Equal(image.Id, _test.Store.Find("example.com/busybox:7")!.Id);
        Assert.Equal(image.Id, _test.Store.Find(image.Id["sha256:".Length..][..12])!.Id);
        Assert.Empty(Directory.GetFileSystemEntries(_test.Folder["store/staging"]));
    }

    [Fact]
    public async Task A_layout_of_umoci_is_loaded_and_named_by_the_caller()
    {
        var image = Assert.Single(await _test.Store.LoadAsync(fixture.Layout, new LoadOptions { Repository = "busybox" }, TestContext.Current.CancellationToken));

        Assert.Equal("docker.io/library/busybox:1", Assert.Single(image.References).ToString());
        Assert.Equal(image.Id, _test.Store.Find("busybox:1")!.Id);
    }

    [Fact]
    public async Task A_damaged_archive_is_refused()
    {
        string path = _test.Folder["image.tar"];
        Tool.Run("skopeo", "--insecure-policy", "copy", $"oci:{fixture.Layout}:1", $"docker-archive:{path}:example.com/busybox:7");
        byte[] content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        int at = content.AsSpan().IndexOf("first\n"u8);
        content[at] ^= 1;
        await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<ImageException>(() => _test.Store.LoadAsync(path, new LoadOptions(), TestContext.Current.CancellationToken));

        Assert.Equal(ImageErrorKind.DigestMismatch, failure.Kind);
        _test.AssertNothingInStaging();
    }

    [Fact]
    public async Task What_is_no_archive_is_refused()
    {
        string path = _test.Folder["file"];
        await File.WriteAllTextAsync(path, "hello", TestContext.Current.CancellationToken);
        var broken = await Assert.ThrowsAsync<ImageException>(() => _test.Store.LoadAsync(path, new LoadOptions(), TestContext.Current.CancellationToken));
        var missing = await Assert.ThrowsAsync<ImageException>(() => _test.Store.LoadAsync(path + "x", new LoadOptions(), TestContext.Current.CancellationToken));
        await File.WriteAllBytesAsync(path, new LayerTar().File("a").Build(), TestContext.Current.CancellationToken);
        var other = await Assert.ThrowsAsync<ImageException>(() => _test.Store.LoadAsync(path, new LoadOptions(), TestContext.Current.CancellationToken));

        Assert.Equal((ImageErrorKind.Corrupt, ImageErrorKind.NotFound, ImageErrorKind.UnsupportedMedia), (broken.Kind, missing.Kind, other.Kind));
    }

    [Fact]
    public async Task An_archive_cannot_point_out_of_itself()
    {
        string path = _test.Folder["image.tar"];
        await File.WriteAllBytesAsync(
            path,
            new LayerTar().Link("config.json", "/etc/passwd").File("manifest.json", """[{"Config":"config.json","RepoTags":[],"Layers":["../../../etc/passwd"]}]""").Build(),
            TestContext.Current.CancellationToken);
        var failure = await Assert.ThrowsAsync<ImageException>(() => _test.Store.LoadAsync(path, new LoadOptions(), TestContext.Current.CancellationToken));

        Assert.Equal(ImageErrorKind.Corrupt, failure.Kind);
        Assert.Contains("it has no file config.json", failure.Message, StringComparison.Ordinal);
    }

    private static void VerifyConfig(ImageConfig config)
    {
        Assert.Equal(["/bin/sh"], config.Entrypoint);
        Assert.Equal(["-c", "cat /etc/changed"], config.Cmd);
        Assert.Contains("B=two words", config.Env);
        Assert.Equal([new ExposedPort(53, TransportProtocol.Udp), new ExposedPort(8080, TransportProtocol.Tcp)], config.ExposedPorts);
        Assert.Equal(("101:102", "/var/data", "SIGINT", "linux"), (config.User, config.WorkingDir, config.StopSignal, config.Os));
        Assert.Equal(["/var/data"], config.Volumes);
        Assert.Equal("umoci", config.Labels["maker"]);
        Assert.NotNull(config.Created);
    }
}
