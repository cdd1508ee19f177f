using Figment.Images.Registry;
using Figment.Linux.Files;
using Figment.Linux.Trees;

namespace Figment.Images.Tests.Support;

/// <summary>A store of one test's own, with something beside it that no image may touch.</summary>
internal sealed class StoreTest : IDisposable
{
    private const string Secret = "unchanged";

    /// <summary>Quick, so that tests of faults do not wait as a user would.</summary>
    public static readonly RetrySettings Quick = new()
    {
        RetriesMax = 4,
        FirstDelay = TimeSpan.FromMilliseconds(20),
        DelayMax = TimeSpan.FromMilliseconds(200),
        AnswerTimeout = TimeSpan.FromSeconds(10),
        StallTimeout = TimeSpan.FromSeconds(2),
    };

    private int _layouts;

    public StoreTest(ImageLimits? limits = null, bool inMemory = false)
    {
        Folder = new TemporaryFolder(inMemory);
        Directory.CreateDirectory(Folder["canary"]);
        File.WriteAllText(Canary, Secret);
        Store = new ImageStore(Folder["store"], TimeProvider.System, limits ?? new ImageLimits(), Quick);
    }

    public TemporaryFolder Folder { get; }

    public ImageStore Store { get; }

    /// <summary>A file outside of the store.</summary>
    public string Canary => Path.Combine(Folder["canary"], "file");

    public void Dispose() => Folder.Dispose();

    /// <summary>Loads an image by way of an OCI layout.</summary>
    public async Task<StoredImage> LoadAsync(TestImage image)
    {
        string layout = image.WriteLayout(Folder.Make($"layout-{_layouts++}"));
        return Assert.Single(await Store.LoadAsync(layout, new LoadOptions { Repository = "test" }, TestContext.Current.CancellationToken));
    }

    /// <summary>Loads an image of one layer and returns that layer's folder.</summary>
    public async Task<string> UnpackAsync(byte[] tar) => Assert.Single((await LoadAsync(TestImage.Of(tar))).LayerDirectories);

    public async Task<ImageException> RefusedAsync(byte[] tar)
    {
        var refusal = await Assert.ThrowsAsync<ImageException>(() => UnpackAsync(tar));
        AssertNothingHappened();
        return refusal;
    }

    /// <summary>No layer, nothing half done, nothing outside.</summary>
    public void AssertNothingHappened()
    {
        AssertCanary();
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Folder["store"], "layers")));
        AssertNothingInStaging();
        Assert.Empty(Store.List());
    }

    public void AssertNothingInStaging() => Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Folder["store"], "staging")));

    public void AssertCanary()
    {
        Assert.Equal([Canary], Directory.GetFileSystemEntries(Folder["canary"]));
        Assert.Equal(Secret, File.ReadAllText(Canary));
    }

    public static TreeEntry Stat(string folder, string name)
    {
        using var tree = TreeFolder.Open(folder);
        return tree.TryStat(System.Text.Encoding.UTF8.GetBytes(name), out var error) ?? throw new FileNotFoundException($"{folder}/{name}: {error}");
    }

    public static byte[]? Attribute(string path, string name)
    {
        using var file = FileCalls.Open(path, FileCalls.O_RDONLY);
        return TreeFile.GetAttribute(file, name);
    }
}
