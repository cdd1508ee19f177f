using System.Formats.Tar;
using System.Text;
using Figment.Images.Tests.Support;
using Figment.Linux.Trees;

namespace Figment.Images.Tests;

/// <summary>A layer cannot leave its folder, and what tries is refused by name, with nothing left behind.</summary>
public sealed class HostileLayerTests : IDisposable
{
    private readonly StoreTest _test = new(inMemory: true);

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("../canary/file")]
    [InlineData("a/../../canary/file")]
    [InlineData("../../../../../../../../../../etc/figment-was-here")]
    [InlineData("/../canary/file")]
    [InlineData("a/..")]
    [InlineData("..")]
    public async Task Dots_that_lead_up_are_refused(string name)
    {
        var refusal = await _test.RefusedAsync(new LayerTar().Folder("a/").File(name, "evil").Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
        Assert.Contains($"entry \"{name}\" has \"..\" in its name", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("layer sha256:", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_absolute_link_does_not_lead_out()
    {
        var refusal = await _test.RefusedAsync(new LayerTar().Link("out", _test.Folder["canary"]).File("out/file", "evil").Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
        Assert.Contains("goes through the symbolic link \"out\"", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relative_link_does_not_lead_out()
    {
        string up = string.Concat(Enumerable.Repeat("../", 30)) + _test.Folder["canary"][1..];
        var refusal = await _test.RefusedAsync(new LayerTar().Link("out", up).File("out/file", "evil").Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
    }

    [Fact]
    public async Task A_link_to_the_root_leads_to_the_layers_root()
    {
        string layer = await _test.UnpackAsync(new LayerTar().Link("root", "/").Link("up", "../../..").File("root/a", "1").File("up/b", "2").Build());

        Assert.Equal(("1", "2"), (File.ReadAllText(layer + "/a"), File.ReadAllText(layer + "/b")));
        Assert.False(File.Exists("/a"));
        _test.AssertCanary();
    }

    [Fact]
    public async Task A_file_is_not_written_through_a_link_of_its_name()
    {
        string layer = await _test.UnpackAsync(new LayerTar().Link("f", _test.Canary).File("f", "evil").Build());

        Assert.Equal("evil", File.ReadAllText(layer + "/f"));
        Assert.Equal(TreeEntryKind.File, StoreTest.Stat(layer, "f").Kind);
        _test.AssertCanary();
    }

    [Fact]
    public async Task A_folder_swapped_for_a_link_is_not_followed()
    {
        var refusal = await _test.RefusedAsync(new LayerTar().Folder("d/").File("d/x", "1").Link("d", _test.Folder["canary"]).File("d/file", "evil").Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
    }

    [Fact]
    public async Task Attributes_of_a_folder_are_not_put_through_a_link_that_took_its_place()
    {
        string layer = await _test.UnpackAsync(new LayerTar().Folder("d/", 0x1C0, 5, 5).Link("d", _test.Folder["canary"]).Build());

        Assert.Equal(TreeEntryKind.SymbolicLink, StoreTest.Stat(layer, "d").Kind);
        Assert.NotEqual(5u, StoreTest.Stat(_test.Folder.Path, "canary").User);
        Assert.NotEqual(LayerTar.Time.ToUnixTimeSeconds(), StoreTest.Stat(_test.Folder.Path, "canary").ModifiedSeconds);
    }

    [Fact]
    public async Task Links_in_a_circle_are_refused()
    {
        var refusal = await _test.RefusedAsync(new LayerTar().Link("a", "b").Link("b", "a").File("a/x", "1").Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
    }

    [Fact]
    public async Task A_link_swapped_all_the_time_by_someone_else_never_leads_out()
    {
        // The unpacker's folder is nobody else's, but its calls must hold even so: here another thread swaps a folder and a link while files are made in it.
        string root = _test.Folder.Make("root");
        string outside = _test.Folder["canary"];
        Directory.CreateDirectory(root + "/swapped");
        using var tree = TreeFolder.Open(root);
        using var stop = new CancellationTokenSource();
        var swapping = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Directory.Move(root + "/swapped", root + "/aside");
                File.CreateSymbolicLink(root + "/swapped", outside);
                File.Delete(root + "/swapped");
                Directory.Move(root + "/aside", root + "/swapped");
            }
        });
        int made = 0, refused = 0;
        for (int at = 0; at < 20_000; at++)
        {
            using var folder = tree.TryOpen("swapped"u8, out _);
            using var file = folder?.TryCreateFile(Encoding.ASCII.GetBytes($"f{at}"), out _);
            _ = file is null ? refused++ : made++;
        }

        await stop.CancelAsync();
        await swapping;
        _test.AssertCanary();
        Assert.Equal(made, Directory.GetFiles(root + "/swapped").Length);
        Assert.True(made > 0 && refused > 0, $"{made} made, {refused} refused: the race was not run");
    }

    [Theory]
    [InlineData("../canary/file")]
    [InlineData("/etc/passwd")]
    [InlineData("nothing")]
    [InlineData("")]
    public async Task A_hard_link_reaches_only_what_the_layer_holds(string target)
    {
        var refusal = await _test.RefusedAsync(new RawTar().Header("link", '1', [], target).Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
    }

    [Fact]
    public async Task A_hard_link_does_not_reach_out_through_a_link()
    {
        var refusal = await _test.RefusedAsync(new LayerTar().Link("out", _test.Folder["canary"]).HardLink("mine", "out/file").Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
        Assert.Equal(1u, StoreTest.Stat(_test.Folder["canary"], "file").Links);
    }

    [Fact]
    public async Task A_hard_link_to_a_link_gives_the_link_no_other_file()
    {
        string layer = await _test.UnpackAsync(new LayerTar().Link("out", _test.Canary).HardLink("mine", "out").File("mine", "evil").Build());

        Assert.Equal("evil", File.ReadAllText(layer + "/mine"));
        _test.AssertCanary();
    }

    [Theory]
    [InlineData(TarEntryType.CharacterDevice, 1, 3)]
    [InlineData(TarEntryType.CharacterDevice, 0, 0)]
    [InlineData(TarEntryType.BlockDevice, 8, 0)]
    public async Task Devices_are_refused(TarEntryType type, int major, int minor)
    {
        var refusal = await _test.RefusedAsync(new LayerTar().Device(type, "dev/thing", major, minor).Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
        Assert.Contains("entry \"dev/thing\" is a device", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SCHILY.xattr.trusted.overlay.redirect")]
    [InlineData("SCHILY.xattr.trusted.overlay.opaque")]
    [InlineData("SCHILY.xattr.user.overlay.redirect")]
    public async Task Attributes_that_steer_overlayfs_are_refused(string name)
    {
        var refusal = await _test.RefusedAsync(new LayerTar().Folder("d/", attributes: (name, "/etc")).Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
    }

    [Theory]
    [InlineData(".wh.")]
    [InlineData("a/.wh.")]
    [InlineData(".wh..")]
    [InlineData(".wh...")]
    [InlineData(".wh.../x")]
    [InlineData(".wh.a/b")]
    public async Task Whiteouts_of_no_name_are_refused(string name)
    {
        var refusal = await _test.RefusedAsync(new RawTar().Header(name, '0', []).Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
    }

    [Fact]
    public async Task A_whiteout_hides_nothing_outside()
    {
        var refusal = await _test.RefusedAsync(new LayerTar().Link("out", _test.Folder["canary"]).File("out/.wh.file").Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
    }

    [Fact]
    public async Task A_bomb_is_stopped_by_its_ratio()
    {
        using var test = new StoreTest(new ImageLimits { CompressionRatioFromBytes = 8 << 20 }, inMemory: true);
        byte[] tar = new LayerTar().Bytes("zeros", new byte[32 << 20]).Build();
        var refusal = await Assert.ThrowsAsync<ImageException>(() => test.LoadAsync(new TestImage().Add(LayerTar.Gzip(tar), tar, "+gzip").Finish()));

        Assert.Equal(ImageErrorKind.TooLarge, refusal.Kind);
        Assert.Contains("compression bomb", refusal.Message, StringComparison.Ordinal);
        test.AssertNothingHappened();
    }

    [Fact]
    public async Task A_bomb_after_the_archives_end_is_stopped_too()
    {
        using var test = new StoreTest(new ImageLimits { CompressionRatioFromBytes = 8 << 20 }, inMemory: true);
        byte[] tar = [.. new LayerTar().File("a").Build(), .. new byte[32 << 20]];
        var refusal = await Assert.ThrowsAsync<ImageException>(() => test.LoadAsync(new TestImage().Add(LayerTar.Zstd(tar), tar, "+zstd").Finish()));

        Assert.Equal(ImageErrorKind.TooLarge, refusal.Kind);
        test.AssertNothingHappened();
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("entries")]
    [InlineData("image")]
    [InlineData("layers")]
    [InlineData("header")]
    [InlineData("hole")]
    public async Task Limits_hold(string limit)
    {
        var limits = limit switch
        {
            "bytes" => new ImageLimits { UnpackedBytesPerLayerMax = 1 << 20 },
            "entries" => new ImageLimits { EntriesPerLayerMax = 5 },
            "image" => new ImageLimits { UnpackedBytesPerImageMax = 1 << 20 },
            "layers" => new ImageLimits { LayersMax = 1 },
            "header" => new ImageLimits { ExtendedHeaderBytesMax = 4096 },
            _ => new ImageLimits(),
        };
        using var test = new StoreTest(limits, inMemory: true);
        byte[] big = limit switch
        {
            "header" => new RawTar().LongName(new string('n', 5000)).Header("a", '0', []).Build(),
            "hole" => new RawTar().Extended("GNU.sparse.size=9000000000000000000"u8.ToArray(), "GNU.sparse.map=0,0"u8.ToArray()).Header("hole", '0', []).Build(),
            _ => new LayerTar().File("a").File("b").File("c").Bytes("d", new byte[700 << 10]).File("e").Bytes("f", new byte[700 << 10]).Build(),
        };
        var refusal = await Assert.ThrowsAsync<ImageException>(() => test.LoadAsync(TestImage.Of(big, new LayerTar().File("g").Build())));

        Assert.Equal(ImageErrorKind.TooLarge, refusal.Kind);
        test.AssertCanary();
        Assert.Empty(test.Store.List());
    }

    [Fact]
    public async Task A_name_may_not_be_longer_than_the_kernel_takes()
    {
        var part = await _test.RefusedAsync(new RawTar().LongName(new string('n', 256)).Header("a", '0', []).Build());
        var whole = await _test.RefusedAsync(new RawTar().LongName(string.Concat(Enumerable.Repeat("n/", 2100))).Header("a", '0', []).Build());

        Assert.Equal((ImageErrorKind.TooLarge, ImageErrorKind.TooLarge), (part.Kind, whole.Kind));
    }

    [Fact]
    public async Task A_tree_deeper_than_any_path_can_be_thrown_away()
    {
        // Links into the depth make a tree of thousands of levels; the device at the end has it refused and removed.
        string deep = string.Join('/', Enumerable.Repeat("d", 1500));
        var tar = new RawTar().LongName(deep).Header("a", '5', []);
        for (int at = 0; at < 4; at++)
        {
            string from = at == 0 ? "" : $"link{at - 1}/";
            tar.LongName($"{from}{deep}/x").Header("a", '0', []);
            tar.Extended(Encoding.ASCII.GetBytes($"linkpath={from}{deep}")).Header($"link{at}", '2', []);
        }

        var refusal = await _test.RefusedAsync(tar.Header("null", '3', []).Build());

        Assert.Equal(ImageErrorKind.Hostile, refusal.Kind);
        Assert.Contains("\"null\" is a device", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4294967295)]
    [InlineData(9223372036854775807)]
    public async Task An_owner_that_the_kernel_would_ignore_is_refused(long user)
    {
        var refusal = await _test.RefusedAsync(new RawTar().Extended(Encoding.ASCII.GetBytes($"uid={user}")).Header("a", '0', []).Build());

        Assert.Equal(ImageErrorKind.Corrupt, refusal.Kind);
    }

    [Fact]
    public async Task A_damaged_archive_is_corrupt_wherever_it_is_cut()
    {
        byte[] tar = new LayerTar().Folder("a/").File("a/b", new string('x', 2000)).Build();
        foreach (int length in (int[])[1, 511, 513, 1600, 2500, 3300])
        {
            var refusal = await _test.RefusedAsync(tar[..length]);
            Assert.Equal(ImageErrorKind.Corrupt, refusal.Kind);
        }
    }

    [Fact]
    public async Task A_layer_whose_content_is_not_what_the_configuration_says_is_refused()
    {
        byte[] tar = new LayerTar().File("a", "said").Build();
        byte[] other = new LayerTar().File("a", "meant").Build();
        var refusal = await Assert.ThrowsAsync<ImageException>(() => _test.LoadAsync(new TestImage().Add(other, tar, "").Finish()));

        Assert.Equal(ImageErrorKind.DigestMismatch, refusal.Kind);
        _test.AssertNothingHappened();
    }
}
