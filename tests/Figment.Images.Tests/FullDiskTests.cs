using Figment.Images.Tests.Support;

namespace Figment.Images.Tests;

/// <summary>A store on a file system of one mebibyte.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FaultRegistry _registry = new();
    private readonly string _mount;
    private readonly ImageStore _store;

    public FullDiskTests()
    {
        _mount = _folder.Make("disk");
        Tool.Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", _mount);
        _store = new ImageStore(_mount + "/store", TimeProvider.System, new ImageLimits(), StoreTest.Quick);
    }

    public void Dispose()
    {
        _registry.Dispose();
        Tool.Run("umount", _mount);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_disk_full_while_downloading_is_said_and_leaves_nothing()
    {
        var image = TestImage.Of(new LayerTar().Bytes("noise", Noise(3_000_000)).Build());
        _registry.Serve(image);
        var failure = await Assert.ThrowsAsync<ImageException>(PullAsync);

        Assert.Equal(ImageErrorKind.DiskFull, failure.Kind);
        Assert.Contains($"the file system {_mount} (tmpfs) is full", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"of 1048576 are free, and it needs {image.Blobs[image.LayerDigests[0]].Length}", failure.Message, StringComparison.Ordinal);
        AssertClean();
        Assert.Empty(Directory.GetFiles(_mount + "/store/partial"));

        // Nothing was tried again: a full disk does not empty itself.
        Assert.Single(_registry.Requests, request => request.Path == "blobs/" + image.LayerDigests[0]);
    }

    [Fact]
    public async Task A_disk_full_while_unpacking_is_said_and_leaves_no_half_layer()
    {
        byte[] tar = new LayerTar().File("first", "1").Bytes("a", new byte[700_000]).Bytes("b", new byte[900_000]).Build();
        _registry.Serve(new TestImage().Add(LayerTar.Gzip(tar), tar, "+gzip").Finish());
        var failure = await Assert.ThrowsAsync<ImageException>(PullAsync);

        Assert.Equal(ImageErrorKind.DiskFull, failure.Kind);
        Assert.Contains($"and it needs {tar.Length}", failure.Message, StringComparison.Ordinal);
        AssertClean();

        // With more room the same pull works, and what was complete does not come again.
        Tool.Run("mount", "-o", "remount,size=8m", _mount);
        int before = _registry.Requests.Count;
        await PullAsync();
        Assert.DoesNotContain(_registry.Requests.Skip(before), request => request.Path.Contains("blobs/" + TestImage.Digest(LayerTar.Gzip(tar)), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disk_full_while_an_archive_is_read_is_said_too()
    {
        string layout = TestImage.Of(new LayerTar().Bytes("noise", Noise(3_000_000)).Build()).WriteLayout(_folder.Make("layout"));
        Tool.Run("tar", "-C", layout, "-cf", _folder["image.tar"], ".");
        var failure = await Assert.ThrowsAsync<ImageException>(() => _store.LoadAsync(_folder["image.tar"], new LoadOptions(), TestContext.Current.CancellationToken));

        Assert.Equal(ImageErrorKind.DiskFull, failure.Kind);
        AssertClean();
    }

    [Fact]
    public async Task A_store_that_may_not_be_written_says_so()
    {
        _registry.Serve(TestImage.Of(new LayerTar().File("a").Build()));
        Tool.Run("mount", "-o", "remount,ro", _mount);
        var failure = await Assert.ThrowsAsync<ImageException>(PullAsync);

        Assert.Equal(ImageErrorKind.Storage, failure.Kind);
        Assert.Contains($"the file system {_mount} (tmpfs) refused it", failure.Message, StringComparison.Ordinal);
    }

    private static byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        new Random(2).NextBytes(noise);
        return noise;
    }

    private Task<StoredImage> PullAsync() => _store.PullAsync(_registry.Reference, new PullOptions(), TestContext.Current.CancellationToken);

    private void AssertClean()
    {
        Assert.Empty(Directory.GetFileSystemEntries(_mount + "/store/layers"));
        Assert.Empty(Directory.GetFileSystemEntries(_mount + "/store/staging"));
        Assert.Empty(_store.List());
    }
}
