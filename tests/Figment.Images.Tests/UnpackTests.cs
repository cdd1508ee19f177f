using System.Text;
using Figment.Images.Tests.Support;
using Figment.Linux.Trees;

namespace Figment.Images.Tests;

/// <summary>What an honest layer becomes.</summary>
public sealed class UnpackTests : IDisposable
{
    private readonly StoreTest _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task Files_keep_content_owner_mode_and_time()
    {
        string layer = await _test.UnpackAsync(new LayerTar()
            .Folder("bin/", 0x1E8, 7, 8)
            .File("bin/su", "#!", 0x9ED, 1000, 1001)
            .Link("bin/sh", "/usr/bin/dash")
            .HardLink("bin/also", "bin/su")
            .Fifo("bin/pipe")
            .Build());

        var program = StoreTest.Stat(layer + "/bin", "su");
        Assert.Equal((0x9ED, 1000u, 1001u), (program.Mode, program.User, program.Group));
        Assert.Equal(LayerTar.Time.ToUnixTimeSeconds(), program.ModifiedSeconds);
        Assert.Equal("#!", File.ReadAllText(layer + "/bin/su"));
        var folder = StoreTest.Stat(layer, "bin");
        Assert.Equal((0x1E8, 7u, 8u, LayerTar.Time.ToUnixTimeSeconds()), (folder.Mode, folder.User, folder.Group, folder.ModifiedSeconds));
        Assert.Equal("/usr/bin/dash", new FileInfo(layer + "/bin/sh").LinkTarget);
        Assert.Equal(LayerTar.Time.ToUnixTimeSeconds(), StoreTest.Stat(layer + "/bin", "sh").ModifiedSeconds);
        Assert.Equal(program.Inode, StoreTest.Stat(layer + "/bin", "also").Inode);
        Assert.Equal(2u, program.Links);
        Assert.Equal((TreeEntryKind.Fifo, 0x1A4), (StoreTest.Stat(layer + "/bin", "pipe").Kind, StoreTest.Stat(layer + "/bin", "pipe").Mode));
    }

    [Fact]
    public async Task The_layers_root_takes_what_the_layer_says_of_it()
    {
        string layer = await _test.UnpackAsync(new LayerTar().Folder("./", 0x1C9, 3, 4).File("./a").Build());

        var root = StoreTest.Stat(layer, ".");
        Assert.Equal((0x1C9, 3u, 4u), (root.Mode, root.User, root.Group));
        Assert.True(File.Exists(layer + "/a"));
    }

    [Fact]
    public async Task Missing_parents_are_made_for_everybody_to_read()
    {
        string layer = await _test.UnpackAsync(new LayerTar().File("a/b/c", "x").Build());

        Assert.Equal(0x1ED, StoreTest.Stat(layer + "/a", "b").Mode);
        Assert.Equal("x", File.ReadAllText(layer + "/a/b/c"));
    }

    [Fact]
    public async Task A_leading_slash_means_the_images_root()
    {
        string layer = await _test.UnpackAsync(new LayerTar().File("/etc/hostname", "here").Build());

        Assert.Equal("here", File.ReadAllText(layer + "/etc/hostname"));
    }

    [Fact]
    public async Task Whiteouts_take_the_form_that_overlayfs_reads()
    {
        string layer = await _test.UnpackAsync(new LayerTar().File("a/.wh.gone").File("b/.wh..wh..opq").File("b/new").Folder(".wh..wh.plnk/").File(".wh..wh.plnk/1.2").Build());

        Assert.True(StoreTest.Stat(layer + "/a", "gone").IsWhiteout);
        Assert.Equal("y"u8.ToArray(), StoreTest.Attribute(layer + "/b", "trusted.overlay.opaque"));
        Assert.Null(StoreTest.Attribute(layer + "/a", "trusted.overlay.opaque"));
        Assert.Equal([layer + "/a", layer + "/b"], Directory.GetFileSystemEntries(layer).Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_whiteout_hides_lower_layers_only_in_any_order(bool whiteoutFirst)
    {
        var tar = new LayerTar();
        _ = whiteoutFirst ? tar.File(".wh.folder").File(".wh.file").Folder("folder/").File("folder/kept").File("file", "kept")
            : tar.Folder("folder/").File("folder/kept").File("file", "kept").File(".wh.folder").File(".wh.file");
        string layer = await _test.UnpackAsync(tar.Build());

        Assert.Equal("kept", File.ReadAllText(layer + "/file"));
        Assert.True(File.Exists(layer + "/folder/kept"));
        Assert.Equal("y"u8.ToArray(), StoreTest.Attribute(layer + "/folder", "trusted.overlay.opaque"));
    }

    [Fact]
    public async Task A_file_below_a_whiteout_makes_an_opaque_folder()
    {
        string layer = await _test.UnpackAsync(new LayerTar().File(".wh.folder").File("folder/sub/file").Build());

        Assert.Equal("y"u8.ToArray(), StoreTest.Attribute(layer + "/folder", "trusted.overlay.opaque"));
        Assert.Null(StoreTest.Attribute(layer + "/folder/sub", "trusted.overlay.opaque"));
    }

    [Fact]
    public async Task Attributes_keep_every_byte()
    {
        // cap_setuid=ep: bit 7, so the value is not UTF-8.
        byte[] capability = [1, 0, 0, 2, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        string layer = await _test.UnpackAsync(new RawTar()
            .Extended([.. "SCHILY.xattr.security.capability="u8, .. capability], [.. "SCHILY.xattr.user.note="u8, 0xFF, 0, (byte)'\n'], [.. "SCHILY.xattr.security.selinux=other"u8])
            .Header("newuidmap", '0', [1, 2, 3])
            .Build());

        Assert.Equal(capability, StoreTest.Attribute(layer + "/newuidmap", "security.capability"));
        Assert.Equal([0xFF, 0, (byte)'\n'], StoreTest.Attribute(layer + "/newuidmap", "user.note"));
        Assert.Null(StoreTest.Attribute(layer + "/newuidmap", "security.selinux"));
    }

    [Fact]
    public async Task Later_entries_replace_earlier_ones()
    {
        string layer = await _test.UnpackAsync(new LayerTar()
            .File("twice", "old").File("twice", "new")
            .Folder("a/").File("a/b/c", "x").File("a", "file now")
            .Link("l", "a").Folder("l/").File("l/inside", "y")
            .Build());

        Assert.Equal("new", File.ReadAllText(layer + "/twice"));
        Assert.Equal("file now", File.ReadAllText(layer + "/a"));
        Assert.Equal(TreeEntryKind.Folder, StoreTest.Stat(layer, "l").Kind);
        Assert.Equal("y", File.ReadAllText(layer + "/l/inside"));
    }

    [Fact]
    public async Task Names_may_be_long_and_need_not_be_text()
    {
        string longName = string.Join('/', Enumerable.Repeat(new string('n', 200), 10));
        string layer = await _test.UnpackAsync(new RawTar().LongName(longName + "/end").Header("short", '0', []).Header([(byte)'x', 0xE9], '0', []).Build());

        Assert.True(File.Exists($"{layer}/{longName}/end"));
        using var tree = TreeFolder.Open(layer);
        Assert.NotNull(tree.TryStat([(byte)'x', 0xE9], out _));
    }

    [Theory]
    [InlineData("gnu", "0.0")]
    [InlineData("pax", "0.1")]
    [InlineData("pax", "1.0")]
    public async Task Files_with_holes_come_out_as_tar_would_unpack_them(string format, string version)
    {
        string tree = _test.Folder.Make("tree");
        using (var file = new FileStream(tree + "/sparse", FileMode.Create))
        {
            file.SetLength(4 << 20);
            file.Position = 1 << 20;
            file.Write("middle"u8);
            file.Position = (3 << 20) + 5;
            file.Write("later"u8);
            file.SetLength(5 << 20);
        }

        Tool.Run("tar", "-C", tree, "--sparse", $"--sparse-version={version}", $"--format={format}", "-cf", _test.Folder["sparse.tar"], "sparse");
        byte[] tar = File.ReadAllBytes(_test.Folder["sparse.tar"]);
        Assert.InRange(tar.Length, 1, 1 << 20);
        string layer = await _test.UnpackAsync(tar);

        Assert.Equal(File.ReadAllBytes(tree + "/sparse"), File.ReadAllBytes(layer + "/sparse"));
    }

    [Fact]
    public async Task An_archive_of_the_systems_tar_comes_out_the_same()
    {
        string tree = _test.Folder.Make("tree");
        Tool.Run("cp", "-a", "/etc", tree);
        Tool.Run("sh", "-c", $"cd {tree}; head -c 300000 /dev/urandom > block; ln block hard; mkfifo pipe; touch -d @1500000000.123456789 old; chmod 1777 etc");
        Tool.Run("tar", "-C", tree, "--format=pax", "-cf", _test.Folder["tree.tar"], ".");
        string layer = await _test.UnpackAsync(File.ReadAllBytes(_test.Folder["tree.tar"]));

        static string List(string folder) => Tool.Run("sh", "-c", $"cd {folder} && find . -printf '%p %y %m %U %G %T@ %l %n %s\\n' | grep -v ' d ' | sort; find . -type d -printf '%p %m %U %G %T@\\n' | sort");
        Assert.Equal(List(tree), List(layer));
        Tool.Run("diff", "-r", "--no-dereference", "--exclude=pipe", tree, layer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("+gzip")]
    [InlineData("+zstd")]
    public async Task Layers_may_be_compressed(string form)
    {
        byte[] tar = new LayerTar().File("a", "content").Build();
        byte[] stored = form switch { "+gzip" => LayerTar.Gzip(tar), "+zstd" => LayerTar.Zstd(tar), _ => tar };
        var image = await _test.LoadAsync(new TestImage().Add(stored, tar, form).Finish());

        Assert.Equal("content", File.ReadAllText(Assert.Single(image.LayerDirectories) + "/a"));
        Assert.Equal(tar.Length, image.SizeBytes);
    }

    [Fact]
    public async Task A_hundred_thousand_entries_are_no_matter()
    {
        const int Entries = 100_000, NamesPerFile = 1000;
        var tar = new RawTar();
        for (int at = 0; at < Entries; at++)
        {
            // A file has 65,000 names on ext4 at most.
            _ = at % NamesPerFile == 0 ? tar.Header("first", '0', []) : tar.Header(Encoding.ASCII.GetBytes($"{at % 100}/{at}"), '1', [], "first");
        }

        string layer = await _test.UnpackAsync(tar.Build());
        Assert.Equal(NamesPerFile, Directory.GetFiles(layer + "/7").Length);
    }

    [Fact]
    public async Task Equal_layers_count_once_and_the_topmost_decides()
    {
        byte[] twice = new LayerTar().File("a", "twice").Build();
        byte[] between = new LayerTar().File("a", "between").File("b").Build();
        var image = await _test.LoadAsync(TestImage.Of(twice, between, twice));

        Assert.Equal(2, image.LayerDirectories.Count);
        Assert.Equal("twice", File.ReadAllText(image.LayerDirectories[0] + "/a"));
    }
}
