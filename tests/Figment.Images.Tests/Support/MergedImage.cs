namespace Figment.Images.Tests.Support;

/// <summary>The tree of <see cref="BusyboxImage"/>.</summary>
internal static class MergedImage
{
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
