namespace Figment.Images.Tests.Support;

/// <summary>An image that umoci makes of Debian's busybox-static: two layers, the upper of which changes and removes things of the lower.</summary>
internal static class BusyboxImage
{
    /// <summary>The layout's folder; its tag is <c>1</c>.</summary>
    public static string Make(TemporaryFolder folder)
    {
        Tool.AssertInstalled("umoci", "busybox");
        string layout = folder["busybox"], bundle = folder["bundle"];
        Tool.Run("umoci", "init", "--layout", layout);
        Tool.Run("umoci", "new", "--image", layout + ":1");
        Tool.Run("umoci", "unpack", "--image", layout + ":1", bundle);
        Tool.Run("sh", "-c", $$"""
            set -e
            cd {{bundle}}/rootfs
            mkdir -p bin etc/many var/data tmp
            cp "$(command -v busybox)" bin/busybox
            ln -s busybox bin/sh
            ln -s busybox bin/cat
            ln bin/busybox bin/hard
            echo first > etc/changed
            echo gone > etc/removed
            echo old > etc/many/old
            chown -R 101:102 var/data
            chmod 1777 tmp
            chmod 4755 bin/busybox
            """);
        Tool.Run("umoci", "repack", "--image", layout + ":1", bundle);
        Tool.Run("rm", "-rf", bundle);
        Tool.Run("umoci", "unpack", "--image", layout + ":1", bundle);
        Tool.Run("sh", "-c", $$"""
            set -e
            cd {{bundle}}/rootfs
            echo second > etc/changed
            rm etc/removed
            rm -r etc/many
            mkdir etc/many
            echo new > etc/many/new
            """);
        Tool.Run("umoci", "repack", "--image", layout + ":1", bundle);
        Tool.Run(
            "umoci", "config", "--image", layout + ":1", "--config.entrypoint", "/bin/sh", "--config.cmd", "-c", "--config.cmd", "cat /etc/changed",
            "--config.env", "A=1", "--config.env", "B=two words", "--config.exposedports", "8080/tcp", "--config.exposedports", "53/udp", "--config.user", "101:102",
            "--config.workingdir", "/var/data", "--config.volume", "/var/data", "--config.label", "maker=umoci", "--config.stopsignal", "SIGINT");
        Tool.Run("umoci", "gc", "--layout", layout);
        return layout;
    }

    /// <summary>What the image must be when its layers are one tree, and that its program runs in it.</summary>
    public static void Verify(StoredImage image, TemporaryFolder folder)
    {
        string merged = folder.Make("merged");
        string options = $"lowerdir={string.Join(':', image.LayerDirectories)},upperdir={folder.Make("upper")},workdir={folder.Make("work")}";
        Tool.Run("mount", "-t", "overlay", "overlay", "-o", options, merged);
        try
        {
            Assert.Equal("second\n", Tool.Run("chroot", merged, "/bin/sh", "-c", "cat /etc/changed"));
            Assert.Equal("/etc/changed\n/etc/many/new\n", Tool.Run("chroot", merged, "/bin/busybox", "find", "/etc", "-type", "f").Split('\n').Where(line => line.Length > 0).Order().Aggregate("", (all, line) => all + line + "\n"));
            Assert.Equal((101u, 102u), (StoreTest.Stat(merged + "/var", "data").User, StoreTest.Stat(merged + "/var", "data").Group));
            Assert.Equal(0x9ED, StoreTest.Stat(merged + "/bin", "busybox").Mode);
            Assert.Equal(2u, StoreTest.Stat(merged + "/bin", "hard").Links);
            Assert.Equal(0x3FF, StoreTest.Stat(merged, "tmp").Mode);
        }
        finally
        {
            Tool.Run("umount", merged);
        }
    }
}
