using System.Diagnostics;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using Figment.Tests;

namespace Figment.Migration.Tests.Store;

/// <summary>A store in a folder of its own, and folders that look like snapshots.</summary>
internal sealed class StoreTest : IDisposable
{
    public static readonly SnapshotInfo Info = new() { Application = "shop", Machine = "web-1", Revision = "r1", TakenAt = DateTimeOffset.UnixEpoch };

    /// <summary>What an overlay's upper folder has beside files, folders and links.</summary>
    private const string MoreProgram = """
        import os, stat
        os.mkfifo('pipe')
        os.chmod('pipe', 0o620)
        os.mknod('whiteout', stat.S_IFCHR, 0)
        os.link('dir/data', 'second')
        os.link('pipe', 'dir/pipe')
        os.mkdir('opaque')
        os.setxattr('opaque', 'trusted.overlay.opaque', b'y')
        os.setxattr('sparse', 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))
        os.setxattr('sparse', 'user.ünd', b'a note\0')
        os.setxattr('dir', 'system.posix_acl_default', bytes.fromhex('0200000001000600ffffffff020006000700000004000400ffffffff10000600ffffffff20000400ffffffff'))
        """;

    private int _sources;

    public string Folder { get; } = Directory.CreateTempSubdirectory("figment-store-").FullName;

    public string Root => Path.Combine(Folder, "store");

    public SnapshotStore Open(StoreOptions? options = null, Action<string, string>? afterStep = null) => new(Root, options ?? new StoreOptions(), TimeProvider.System, afterStep);

    /// <summary>A folder for a snapshot, not there yet.</summary>
    public string New() => Path.Combine(Folder, $"folder-{++_sources}");

    /// <summary>Pages, some of zeros, a small image and a tree with owners, modes, times, links, attributes and odd names.</summary>
    /// <param name="seed">Says what the pages are.</param>
    /// <param name="pages">How many.</param>
    /// <param name="changed">Every so many are of another seed; 0: none.</param>
    public string Source(int seed = 1, int pages = 200, int changed = 0)
    {
        string folder = New();
        Directory.CreateDirectory(folder);
        using (var file = File.Create(Path.Combine(folder, "pages-1.img")))
        {
            for (int page = 0; page < pages; page++)
            {
                file.Write(page % 10 == 3 ? new byte[4096] : Page((changed > 0 && page % changed == 0 ? seed + 1000 : seed) + (page * 10_000)));
            }
        }

        File.WriteAllText(Path.Combine(folder, "core-1.img"), "a core " + seed);
        File.WriteAllBytes(Path.Combine(folder, "empty.img"), []);
        string contents = SnapshotManifest.ContentsOf(folder, 2);
        Directory.CreateDirectory(Path.Combine(contents, "dir", "ünd leer"));
        File.WriteAllBytes(Path.Combine(contents, "dir", "data"), Page(7)[..4000]);
        File.CreateSymbolicLink(Path.Combine(contents, "link"), "../../../etc/passwd");
        File.WriteAllBytes(Path.Combine(contents, "sparse"), new byte[1 << 20]);
        TreeListing.Python(contents, MoreProgram);
        File.SetUnixFileMode(Path.Combine(contents, "dir"), (UnixFileMode)0x3E8); // 1750
        File.SetUnixFileMode(Path.Combine(contents, "dir", "data"), (UnixFileMode)0x9A4); // 4644
        Run("chown", "-h", "12:34", Path.Combine(contents, "link"), Path.Combine(contents, "dir"));
        Run("touch", "-h", "-d", "2001-02-03T04:05:06.789012345", Path.Combine(contents, "dir", "data"), Path.Combine(contents, "link"), Path.Combine(contents, "dir"));
        return folder;
    }

    /// <summary>Half of it can be compressed.</summary>
    public static byte[] Page(int seed)
    {
        byte[] page = new byte[4096];
        new Random(seed).NextBytes(page.AsSpan(0, 2048));
        page[^1] = 1;
        return page;
    }

    /// <summary>Names, kinds, owners, modes, times, targets, contents, attributes, and which names are one file.</summary>
    public static string Listing(string folder) => TreeListing.Of(folder);

    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        return output;
    }

    /// <summary>Every file below the root and its length.</summary>
    public List<string> Files() => [.. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public string Pack => Files().Single(file => file.EndsWith(".pack", StringComparison.Ordinal));

    /// <summary>Bytes that the store's files take on the device.</summary>
    public long Allocated() => long.Parse(Run("du", "-s", "--block-size=1", Root).Split('\t')[0], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The runtime cannot remove names that are not UTF-8.</summary>
    public void Dispose() => Run("rm", "-rf", Folder);
}
