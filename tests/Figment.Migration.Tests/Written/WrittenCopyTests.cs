using Figment.Linux.Mounts;
using Figment.Migration.Snapshots;
using Figment.Tests;

namespace Figment.Migration.Tests.Written;

/// <summary>What a machine writes to its root while it is copied comes as it is in the end, over the frames of a transfer. As root.</summary>
public sealed class WrittenCopyTests : IDisposable
{
    private readonly WrittenTest _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void All_that_a_program_can_do_to_an_overlay_comes()
    {
        using var changes = new OverlayChanges();
        TreeCopy.CopyUpper(changes.Upper, _test.Upper);

        _test.Copy.Run();
        long before = _test.Bytes;
        Assert.Equal(0, _test.Copy.Last(_test.Dump));
        Assert.Equal(before, _test.Bytes);
        string written = _test.Receive();

        _test.AssertSame(written);
        Assert.Equal(changes.Merged, changes.MergedWith(Path.Combine(written, "upper")));
        Assert.InRange(before, 1, 200_000);
    }

    [Fact]
    public void Without_a_round_before_it_comes_all_at_once()
    {
        File.WriteAllText(Path.Combine(_test.Upper, "note"), "written");

        Assert.Equal(7, _test.Copy.Last(_test.Dump));

        _test.AssertSame(_test.Receive());
    }

    [Fact]
    public void What_it_has_mounted_comes_beside_it_with_what_changed_last()
    {
        string volume = Directory.CreateDirectory(Path.Combine(_test.Folder, "volume", "deep")).Parent!.FullName;
        File.WriteAllText(Path.Combine(volume, "deep", "file"), "first");
        string file = Path.Combine(_test.Folder, "a.conf");
        File.WriteAllText(file, "configured");
        File.CreateSymbolicLink(Path.Combine(_test.Folder, "link.conf"), file);
        // As a Compose file names it with "./volume/".
        var copy = _test.CopyWith(new Dictionary<string, string> { ["0"] = volume + "/", ["3"] = Path.Combine(_test.Folder, "link.conf") });

        copy.Run();
        File.WriteAllText(Path.Combine(volume, "deep", "file"), "second");
        File.WriteAllText(Path.Combine(volume, "more"), "");
        copy.Last(_test.Dump);

        string carried = Path.Combine(Path.GetDirectoryName(_test.Receive(others: ["carried"]))!, "carried");
        Assert.Equal(TreeListing.Of(volume, TreeListing.OfTheNode), TreeListing.Of(Path.Combine(carried, "0"), TreeListing.OfTheNode));
        Assert.Equal("second", File.ReadAllText(Path.Combine(carried, "0", "deep", "file")));
        Assert.Equal("configured", File.ReadAllText(Path.Combine(carried, "3")));
        Assert.Equal(["0", "3"], Directory.GetFileSystemEntries(carried).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Where_nothing_can_be_written_nothing_comes()
    {
        Directory.Delete(_test.Upper);

        _test.Copy.Run();
        _test.Copy.Last(_test.Dump);

        Assert.False(Path.Exists(_test.Receive()));
    }

    [Fact]
    public void Overlays_of_other_mounts_come_too_and_a_folder_named_like_theirs_is_a_folder()
    {
        string other = Directory.CreateDirectory(Path.Combine(_test.Overlays, "mount-1", "upper", "upper")).FullName;
        File.WriteAllText(Path.Combine(other, "note"), "written");
        Directory.CreateDirectory(Path.Combine(_test.Upper, "upper", "upper"));

        _test.Copy.Run();
        _test.Copy.Last(_test.Dump);
        string written = _test.Receive();

        Assert.Equal(["mount-1", "upper"], Directory.GetDirectories(written).Select(Path.GetFileName).Order());
        Assert.Equal("written", File.ReadAllText(Path.Combine(written, "mount-1", "upper", "upper", "note")));
        Assert.Equal(["upper"], Directory.GetFileSystemEntries(Path.Combine(written, "upper")).Select(Path.GetFileName));
        Assert.True(Directory.Exists(Path.Combine(written, "upper", "upper", "upper")));
    }

    [Fact]
    public void What_memory_file_systems_held_goes_along()
    {
        string contents = SnapshotManifest.ContentsOf(_test.Dump, 3);
        Directory.CreateDirectory(contents);
        TreeListing.Python(contents, "import os; open('note', 'w').write('kept'); os.link('note', 'second'); os.chmod('note', 0o640); os.symlink('note', 'link'); os.utime('.', ns=(1, 2))");
        File.WriteAllText(Path.Combine(_test.Upper, "note"), "written");

        _test.Copy.Run();
        _test.Copy.Last(_test.Dump);
        string written = _test.Receive();

        _test.AssertSame(written);
        string images = Path.GetDirectoryName(written)!;
        Assert.Equal(TreeListing.Of(Path.Combine(_test.Dump, "contents")), TreeListing.Of(Path.Combine(images, "contents")));
        Assert.Equal(["contents", "written"], Directory.GetDirectories(images).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Of_a_large_file_only_the_blocks_that_changed_come_again()
    {
        string file = Path.Combine(_test.Upper, "database");
        byte[] content = new byte[10 << 20];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(file, content);
        Assert.Equal(content.Length, _test.Copy.Round());

        using (var opened = File.OpenHandle(file, access: FileAccess.Write))
        {
            RandomAccess.Write(opened, new byte[] { 1, 2, 3 }, 5_000_000);
            RandomAccess.Write(opened, content.AsSpan(0, 100), content.Length);
        }

        File.Move(file, Path.Combine(_test.Upper, "renamed"));
        Assert.Equal((64 * 1024) + 100, _test.Copy.Last(_test.Dump));
        _test.AssertSame(_test.Receive());
    }

    [Fact]
    public void Holes_stay_holes_and_what_becomes_one_takes_no_room()
    {
        TreeListing.Python(_test.Upper, """
            import os
            with open('sparse', 'wb') as file:
                file.truncate(1 << 40)
                file.seek(1 << 39)
                file.write(os.urandom(1 << 20))
            with open('punched', 'wb') as file:
                file.write(os.urandom(4 << 20))
            """);
        Assert.Throws<SnapshotException>(() => _test.Copy.Round());
        TreeListing.Python(_test.Upper, "import os; os.truncate('sparse', 1 << 39); os.truncate('sparse', 3 << 38)");
        _test.Copy.Run();
        TreeListing.Python(_test.Upper, """
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            fd = os.open('punched', os.O_RDWR)
            assert libc.fallocate(fd, 3, ctypes.c_long(4096 * 3), ctypes.c_long(3 << 20)) == 0
            os.close(fd)
            with open('sparse', 'r+b') as file:
                file.seek((1 << 38) - 5000)
                file.write(b'x' * 10000)
            """);
        _test.Copy.Last(_test.Dump);
        string upper = Path.Combine(_test.Receive(), "upper");

        Assert.Equal("1572864 1048576\n", TreeListing.Python(upper, "import os; print(os.stat('sparse').st_size >> 19, os.stat('punched').st_blocks * 512)"));
        Assert.Equal(Digest("punched", _test.Upper), Digest("punched", upper));
        Assert.Equal("True\n", TreeListing.Python(upper, "import os; f = open('sparse', 'rb'); f.seek((1 << 38) - 5000); print(f.read(10000) == b'x' * 10000 and os.stat('sparse').st_blocks < 64)"));
    }

    /// <summary>Pages of a mapping that are written to already are written again without another stamp.</summary>
    [Fact]
    public void What_is_written_through_a_mapping_comes()
    {
        using var process = _test.Python("""
            import mmap, os, sys, time
            with open('mapped', 'wb') as file:
                file.write(b'a' * (1 << 20))
            file = open('mapped', 'r+b')
            memory = mmap.mmap(file.fileno(), 0)
            file.close()
            memory[0:1] = b'b'
            time.sleep(0.3)
            print('ready')
            for line in sys.stdin:
                stamp = os.stat('mapped').st_ctime_ns
                memory[0:3] = line[:3].encode()
                print(os.stat('mapped').st_ctime_ns == stamp)
            """);
        _test.Copy.Run();
        process.StandardInput.WriteLine("new");
        string? isStampSame = process.StandardOutput.ReadLine();

        Assert.True(_test.Copy.Last(_test.Dump) > 0, $"the stamp was the same: {isStampSame}");
        process.StandardInput.Close();
        process.WaitForExit();
        _test.AssertSame(_test.Receive());
    }

    /// <summary>The same, but at the end nobody has it mapped any more.</summary>
    [Fact]
    public void What_was_written_through_a_mapping_that_is_gone_comes()
    {
        using var process = _test.Python("""
            import mmap, sys, time
            with open('mapped', 'wb') as file:
                file.write(b'a' * (1 << 20))
            file = open('mapped', 'r+b')
            memory = mmap.mmap(file.fileno(), 0)
            file.close()
            memory[0:1] = b'b'
            time.sleep(0.3)
            print('ready')
            sys.stdin.readline()
            memory[0:3] = b'new'
            memory.close()
            print('closed')
            """);
        _test.Copy.Run();
        process.StandardInput.WriteLine();
        Assert.Equal("closed", process.StandardOutput.ReadLine());
        process.WaitForExit();
        _test.Processes = [];

        _test.Copy.Last(_test.Dump);
        _test.AssertSame(_test.Receive());
    }

    [Theory]
    [InlineData("os.setxattr('bad', 'trusted.overlay.redirect', b'/etc')", "trusted.overlay.redirect")]
    [InlineData(@"os.mkdir(b'bad/\xff')", "not UTF-8")]
    public void What_is_not_kept_is_refused_by_its_name_while_the_machine_runs(string change, string why)
    {
        TreeListing.Python(_test.Upper, $"import os; os.mkdir('bad'); {change}");

        string refused = Assert.Throws<SnapshotException>(() => _test.Copy.Run()).Message;

        Assert.Contains("upper/bad", refused, StringComparison.Ordinal);
        Assert.Contains(why, refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Sockets_and_devices_are_left_out()
    {
        TreeListing.Python(_test.Upper, """
            import os, socket, stat
            socket.socket(socket.AF_UNIX).bind('socket')
            os.mknod('device', stat.S_IFCHR | 0o600, os.makedev(1, 3))
            os.mknod('whiteout', stat.S_IFCHR, 0)
            """);

        _test.Copy.Run();
        _test.Copy.Last(_test.Dump);

        Assert.Equal(["whiteout"], Directory.GetFileSystemEntries(Path.Combine(_test.Receive(), "upper")).Select(Path.GetFileName));
    }

    private static string Digest(string file, string folder) => TreeListing.Python(folder, $"import hashlib; print(hashlib.sha256(open('{file}', 'rb').read()).hexdigest())");
}
