using Figment.Linux.Errors;
using Figment.Linux.Mounts;
using Figment.Tests;

namespace Figment.Linux.Tests.Mounts;

public sealed class TreeCopyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("figment-copy-").FullName;

    public void Dispose() => TreeListing.Python("/", "import shutil, sys; shutil.rmtree(sys.argv[1].encode())", _folder);

    [Fact]
    public void An_upper_folder_shows_the_same_when_it_was_copied()
    {
        using var changes = new OverlayChanges();
        string copy = New("copy");

        TreeCopy.CopyUpper(changes.Upper, copy);

        string listing = TreeListing.Of(copy);
        Assert.Equal(TreeListing.Of(changes.Upper, TreeListing.OfTheNode), listing);
        Assert.Equal(changes.Merged, changes.MergedWith(copy));
        foreach (string line in (string[])
        [
            "gone c 0 0:0 ", "deep/er/old c 0 0:0 ", "removed c 0 0:0 ", "replaced d 750 0:0 ", " trusted.overlay.opaque=79", "pipe p 664 0:0 981173106.7890123460",
            "setuid f 6755 5:6 ", " security.capability=01000002", " system.posix_acl_default=02", "link l 777 7:8 981173106.7890123450 /etc/passwd", " = deep/two", " = kept/pipe",
        ])
        {
            Assert.True(listing.Contains(line, StringComparison.Ordinal), $"no '{line}' in {listing}");
        }

        // All that takes room is some small files.
        Assert.InRange(Allocated(copy), 1, 1 << 20);
    }

    /// <summary>While a machine stands still its overlay is mounted.</summary>
    [Fact]
    public void An_upper_folder_can_be_copied_while_it_is_mounted()
    {
        using var changes = new OverlayChanges();
        string copy = New("copy");

        string merged = changes.InOverlay(changes.Upper, mounted =>
        {
            File.WriteAllText(Path.Combine(mounted, "kept", "old"), "written just now");
            TreeCopy.CopyUpper(changes.Upper, copy);
            return TreeListing.Of(mounted);
        });

        Assert.Equal(merged, changes.MergedWith(copy));
        Assert.Equal("written just now", File.ReadAllText(Path.Combine(copy, "kept", "old")));
    }

    [Fact]
    public void What_nobody_may_change_stays_so()
    {
        using var changes = new OverlayChanges();
        string upper = New("upper"), copy = New("copy");
        changes.InOverlay(upper, mounted => TreeListing.Python(mounted, """
            import fcntl
            FS_IOC_SETFLAGS, FS_IMMUTABLE_FL = 0x40086602, 0x10
            with open('gone') as file:
                fcntl.ioctl(file, FS_IOC_SETFLAGS, FS_IMMUTABLE_FL.to_bytes(8, 'little'))
            """));

        TreeCopy.CopyUpper(upper, copy);

        Assert.Equal("EPERM", changes.InOverlay(copy, mounted => ErrorOf(mounted, "os.remove('gone')")));
    }

    [Fact]
    public void Names_need_not_be_utf8()
    {
        string source = New("source"), copy = New("copy");
        TreeListing.Python(source, """
            import os
            os.mkdir(b'a\xff')
            open(b'a\xff/b\xfe', 'w').write('x')
            os.link(b'a\xff/b\xfe', b'c\xfd')
            os.symlink(b'to\xfc', b'link\xfb')
            """);

        TreeCopy.CopyUpper(source, copy);

        Assert.Equal("4", TreeListing.Python(copy, "import os; print(len(os.listdir(b'.')) + os.stat(b'c\\xfd').st_nlink - (os.readlink(b'link\\xfb') != b'to\\xfc') - (open(b'a\\xff/b\\xfe').read() != 'x') - 1)").Trim());
    }

    [Fact]
    public void Sockets_and_devices_are_left_out()
    {
        string source = New("source"), copy = New("copy");
        TreeListing.Python(source, """
            import os, socket, stat
            socket.socket(socket.AF_UNIX).bind('socket')
            os.mknod('null', 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            os.mknod('disk', 0o600 | stat.S_IFBLK, os.makedev(7, 0))
            os.mknod('whiteout', stat.S_IFCHR, 0)
            """);

        TreeCopy.CopyUpper(source, copy);

        Assert.Equal([Path.Combine(copy, "whiteout")], Directory.GetFileSystemEntries(copy));
    }

    [Theory]
    [InlineData("trusted.overlay.redirect", "/etc")]
    [InlineData("trusted.overlay.metacopy", "")]
    [InlineData("trusted.overlay.opaque", "x")]
    [InlineData("trusted.overlay.something", "y")]
    public void What_would_show_something_else_is_refused_by_name(string attribute, string value)
    {
        string source = New("source"), copy = New("copy");
        TreeListing.Python(source, "import os, sys; os.makedirs('a/b'); os.setxattr('a/b', sys.argv[1], sys.argv[2].encode())", attribute, value);

        var refused = Assert.Throws<IOException>(() => TreeCopy.CopyUpper(source, copy));

        Assert.StartsWith($"{source}/a/b has the attribute {attribute}, which steers overlayfs", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trusted.overlay.origin")]
    [InlineData("trusted.overlay.nlink")]
    [InlineData("trusted.overlay.upper")]
    [InlineData("trusted.overlay.impure")]
    [InlineData("trusted.overlay.uuid")]
    [InlineData("trusted.other")]
    public void What_is_the_nodes_own_stays_behind(string attribute)
    {
        string source = New("source"), copy = New("copy");
        TreeListing.Python(source, "import os, sys; os.mkdir('a'); [os.setxattr('a', name, b'y') for name in [sys.argv[1], 'user.kept']]", attribute);

        TreeCopy.CopyUpper(source, copy);

        Assert.Equal("['user.kept']", TreeListing.Python(copy, "import os; print(os.listxattr('a'))").Trim());
    }

    /// <summary>As it looks when an image fills a volume: another file system, so that the kernel does not copy.</summary>
    [Fact]
    public void What_an_overlay_shows_is_copied_with_times_names_and_holes()
    {
        using var changes = new OverlayChanges();
        string copy = New("copy");

        string merged = changes.InOverlay(changes.Upper, mounted =>
        {
            TreeCopy.Copy(mounted + "/.", copy);
            return TreeListing.Of(mounted, "security.capability", "user.note", "user.folder", "system.posix_acl_access", "system.posix_acl_default");
        });

        string[] expected = [.. merged.Split('\n').Where(line => !line.StartsWith("pipe p", StringComparison.Ordinal) && !line.StartsWith("kept/pipe p", StringComparison.Ordinal))];
        Assert.Equal(expected, TreeListing.Of(copy).Split('\n'));
        Assert.InRange(Allocated(copy), 1, 1 << 20);
    }

    [Fact]
    public void What_is_there_already_stays_only_if_it_may()
    {
        string source = New("source"), copy = New("copy");
        const string Make = "import os, sys; os.mkdir('a', 0o711); open('a/file', 'w').write(sys.argv[1]); os.symlink(sys.argv[1], 'link')";
        TreeListing.Python(source, Make + "; open('a/more', 'w').write('more')", "source");
        TreeListing.Python(copy, Make + "; os.chmod('a', 0o700)", "copy");

        Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => TreeCopy.Copy(source, copy)).Error);
        TreeCopy.Copy(source, copy, keepExisting: true);

        Assert.Equal(("copy", "copy", "more"), (File.ReadAllText(Path.Combine(copy, "a", "file")), new FileInfo(Path.Combine(copy, "link")).LinkTarget, File.ReadAllText(Path.Combine(copy, "a", "more"))));
        Assert.Equal((UnixFileMode)0x1C9, File.GetUnixFileMode(Path.Combine(copy, "a"))); // 711
    }

    [Fact]
    public void A_link_in_the_copy_is_not_followed()
    {
        string source = New("source"), copy = New("copy"), outside = New("outside");
        Directory.CreateDirectory(Path.Combine(source, "way"));
        File.WriteAllText(Path.Combine(source, "way", "file"), "x");
        File.CreateSymbolicLink(Path.Combine(copy, "way"), outside);

        Assert.Equal(Errno.ENOTDIR, Assert.Throws<LinuxException>(() => TreeCopy.Copy(source, copy)).Error);
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    /// <summary>Some kernels follow it unless they are told not to.</summary>
    [Fact]
    public void An_overlay_does_not_follow_what_an_upper_folder_says_of_another_place()
    {
        using var changes = new OverlayChanges();
        string upper = New("upper");
        TreeListing.Python(upper, "import os; os.mkdir('way'); os.setxattr('way', 'trusted.overlay.redirect', b'/kept')");

        Assert.Equal("EPERM", changes.InOverlay(upper, mounted => ErrorOf(mounted, "print(os.listdir('way'))")));
    }

    private static string ErrorOf(string folder, string statement) => TreeListing.Python(folder, $"""
        import errno, os
        try:
            {statement}
        except OSError as failure:
            print(errno.errorcode[failure.errno])
        """).Trim();

    private static long Allocated(string folder) =>
        long.Parse(TreeListing.Python(folder, "import os; print(sum(os.lstat(os.path.join(folder, name)).st_blocks * 512 for folder, _, names in os.walk('.') for name in names))"), System.Globalization.CultureInfo.InvariantCulture);

    private string New(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
}
