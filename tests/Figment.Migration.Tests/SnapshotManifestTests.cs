using System.Text;
using Figment.Migration.Snapshots;
using Figment.Tests;

namespace Figment.Migration.Tests;

public sealed class SnapshotManifestTests(ITestOutputHelper output) : IDisposable
{
    private static readonly SnapshotManifest Manifest = new()
    {
        Application = "shop",
        Machine = "web-1",
        Revision = "r1",
        Epoch = 3,
        TakenAt = DateTimeOffset.UnixEpoch,
        Boot = "b",
        TakenAtNs = 1_000,
        Mounts = ["/dev", "/dev/shm", "/etc/hosts"],
        Processors = new Dictionary<int, string> { [7] = "0-2,5" },
        Files = new Dictionary<string, long>(),
        Output = "pipe:[4711]",
        Error = "pipe:[4712]",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-snapshot-").FullName;

    private string File => Path.Combine(_folder, "machine.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_saved_is_loaded()
    {
        System.IO.File.WriteAllBytes(Path.Combine(_folder, "core-1.img"), new byte[17]);
        Manifest.Save(_folder);

        var loaded = SnapshotManifest.Load(_folder);

        Assert.Equal([new KeyValuePair<string, long>("core-1.img", 17)], loaded.Files);
        Assert.Equal(Manifest.Mounts, loaded.Mounts);
        Assert.Equal(Manifest.Addresses, loaded.Addresses);
        Assert.Equal(Manifest.ProcessorFlags, loaded.ProcessorFlags);
        Assert.Equal(Manifest.Processors, loaded.Processors);
        Assert.Equal(Manifest with { Files = loaded.Files, Mounts = loaded.Mounts, Addresses = loaded.Addresses, ProcessorFlags = loaded.ProcessorFlags, Processors = loaded.Processors }, loaded);
    }

    [Fact]
    public void A_folder_without_one_is_no_snapshot() =>
        Assert.Contains("holds no complete snapshot", Refused(), StringComparison.Ordinal);

    [Fact]
    public void An_image_that_was_cut_off_or_is_gone_is_named()
    {
        string image = Path.Combine(_folder, "pages-1.img");
        System.IO.File.WriteAllBytes(image, new byte[8192]);
        Manifest.Save(_folder);

        System.IO.File.WriteAllBytes(image, new byte[4096]);
        Assert.Contains("pages-1.img has 4096 bytes instead of 8192", Refused(), StringComparison.Ordinal);
        System.IO.File.Delete(image);
        Assert.Contains("pages-1.img is missing", Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 2", "is of format 2, this Figment knows 1")]
    [InlineData("\"revision\": \"r1\",", "", "revision")]
    [InlineData("\"/dev/shm\"", "\"/dev/../../etc\"", "'/dev/../../etc' is no mount point")]
    [InlineData("\"/dev/shm\"", "\"etc\"", "'etc' is no mount point")]
    [InlineData("\"/dev/shm\"", "null", "'' is no mount point")]
    [InlineData("{", "", "is damaged")]
    public void What_is_not_right_is_said(string text, string instead, string why)
    {
        Manifest.Save(_folder);
        string json = System.IO.File.ReadAllText(File);
        System.IO.File.WriteAllText(File, json.Remove(json.IndexOf(text, StringComparison.Ordinal), text.Length).Insert(json.IndexOf(text, StringComparison.Ordinal), instead));

        Assert.Contains(why, Refused(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("fuzz", "snapshot-manifest")]
    public void No_bytes_break_the_reader()
    {
        Manifest.Save(_folder);
        byte[] good = System.IO.File.ReadAllBytes(File);
        string[] words = ["null", "[]", "{}", "-1", "\"\"", "1e99", ",", "}", "\"/..\""];
        new FuzzRun("snapshot-manifest", output).Run(random =>
        {
            List<byte> bytes = [.. good];
            for (int changes = random.Next(3); changes > 0; changes--)
            {
                int at = random.Next(bytes.Count);
                bytes.RemoveRange(at, random.Next(Math.Min(8, bytes.Count - at)));
                bytes.InsertRange(at, random.Next(2) == 0 ? [(byte)random.Next(256)] : Encoding.UTF8.GetBytes(words[random.Next(words.Length)]));
            }

            System.IO.File.WriteAllBytes(File, [.. bytes]);
            try
            {
                Assert.All(SnapshotManifest.Load(_folder).Mounts, mount => Assert.StartsWith("/", mount, StringComparison.Ordinal));
                return true;
            }
            catch (SnapshotException exception)
            {
                Assert.Contains(_folder, exception.Message, StringComparison.Ordinal);
                return false;
            }
        });
    }

    private string Refused() => Assert.Throws<SnapshotException>(() => SnapshotManifest.Load(_folder)).Message;
}
