using System.Formats.Tar;
using Figment.Images.Tests.Support;
using Figment.Tests;

namespace Figment.Images.Tests;

/// <summary>
/// Random changes of valid layers and manifests: whatever comes, nothing outside the store changes, nothing half done stays, and nothing but an
/// <see cref="ImageException"/> is thrown. What fails is kept in Corpus.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly ImageLimits Limits = new() { UnpackedBytesPerLayerMax = 4 << 20, CompressionRatioFromBytes = 1 << 20 };

    private static readonly string Corpus = Path.Combine(FindRoot(), "tests", "Figment.Images.Tests", "Corpus");

    public static TheoryData<string> Kept => [.. Directory.GetFiles(Corpus).Select(file => Path.GetFileName(file)!)];

    [Fact]
    [Trait("fuzz", "images")]
    public void No_layer_and_no_manifest_leads_out_or_throws_anything_else()
    {
        using var test = new StoreTest(Limits, inMemory: true);
        byte[][] seeds = [.. Seeds(test)];
        new FuzzRun("images", output).Run(random => TryAsync(test, Mutate(seeds[random.Next(seeds.Length)], random), random).GetAwaiter().GetResult());
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public async Task What_failed_once_does_not_fail_again(string file)
    {
        using var test = new StoreTest(Limits, inMemory: true);
        _ = await TryAsync(test, await File.ReadAllBytesAsync(Path.Combine(Corpus, file)), null);
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Figment.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException($"no Figment.slnx above {AppContext.BaseDirectory}");
    }

    private static IEnumerable<byte[]> Seeds(StoreTest test)
    {
        yield return new LayerTar().Folder("./").Folder("a/", 0x1C0).File("a/b", "text").Link("l", "a").HardLink("h", "a/b").File("l/.wh.c").File("l/.wh..wh..opq").Fifo("p").Build();
        yield return new LayerTar().Link("out", test.Folder["canary"]).Link("up", "../../../../..").File("up/x", "1").File("out2/file", "2").HardLink("h", "up/x").Build();
        yield return new LayerTar().File("cap", "x", attributes: ("SCHILY.xattr.user.a", "b")).File(new string('n', 150) + "/" + new string('m', 150), "long").File(".wh.cap").Build();
        yield return new RawTar().LongName("some/long/name").Header("x", '0', [1, 2, 3]).Extended("GNU.sparse.size=1000"u8.ToArray(), "GNU.sparse.map=10,3,600,2"u8.ToArray()).Header("s", '0', [1, 2, 3, 4, 5]).Header("g", 'g', []).Build();
        yield return new LayerTar().Device(TarEntryType.CharacterDevice, "dev/null", 1, 3).Build();
    }

    /// <summary>Changes bytes, and then mends checksums most of the time, so that what is changed is read.</summary>
    private static byte[] Mutate(byte[] seed, Random random)
    {
        byte[] tar = [.. seed];
        byte[][] words = ["../"u8.ToArray(), ".."u8.ToArray(), "/"u8.ToArray(), ".wh."u8.ToArray(), ".wh..wh..opq"u8.ToArray(), "up/"u8.ToArray(), "out/file"u8.ToArray(), "\0"u8.ToArray(), "99999999999"u8.ToArray(), [0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]];
        for (int changes = random.Next(6); changes > 0; changes--)
        {
            int block = random.Next(tar.Length / 512) * 512;
            int[] fields = [0, 100, 108, 124, 136, 156, 157, 345, 386, 482, 483];
            int at = block + (random.Next(3) > 0 ? fields[random.Next(fields.Length)] : random.Next(512));
            switch (random.Next(5))
            {
                case 0:
                    tar[at] = (byte)random.Next(256);
                    break;
                case 1:
                    tar[at] = (byte)"0123456xgLKSV5"[random.Next(14)];
                    break;
                case 2:
                    byte[] word = words[random.Next(words.Length)];
                    word.AsSpan(0, Math.Min(word.Length, tar.Length - at)).CopyTo(tar.AsSpan(at));
                    break;
                case 3:
                    tar.AsSpan(random.Next(tar.Length / 512) * 512, 512).ToArray().CopyTo(tar, block);
                    break;
                default:
                    tar = random.Next(4) == 0 ? tar[..at] : tar;
                    break;
            }

            if (tar.Length < 512)
            {
                return tar;
            }
        }

        return random.Next(10) == 0 ? tar : MendChecksums(tar);
    }

    private static byte[] MendChecksums(byte[] tar)
    {
        for (int block = 0; block + 512 <= tar.Length; block += 512)
        {
            if (tar.AsSpan(block + 257, 5).SequenceEqual("ustar"u8))
            {
                byte[] mended = new RawTar().Block(tar[block..(block + 512)]).Build()[..512];
                mended.CopyTo(tar, block);
            }
        }

        return tar;
    }

    private static async Task<bool> TryAsync(StoreTest test, byte[] tar, Random? random)
    {
        var image = TestImage.Of(tar);
        if (random?.Next(4) == 0)
        {
            MutateManifest(image, random);
        }

        bool accepted = false;
        string layout = image.WriteLayout(test.Folder.Make("layout"));
        try
        {
            _ = await test.Store.LoadAsync(layout, new LoadOptions(), TestContext.Current.CancellationToken);
            accepted = true;
        }
        catch (ImageException)
        {
            // Refused, as it may be.
        }
        catch (Exception failure)
        {
            Assert.Fail($"kept as {Keep(tar)}: {failure}");
        }

        bool clean = Directory.GetFiles(test.Folder["canary"]).SequenceEqual([test.Canary]) && await File.ReadAllTextAsync(test.Canary) == "unchanged"
            && Directory.GetFileSystemEntries(Path.Combine(test.Folder["store"], "staging")).Length == 0;
        Assert.True(clean, $"something changed outside or stayed in staging; kept as {(clean ? "" : Keep(tar))}");
        Directory.Delete(layout, recursive: true);
        _ = test.Store.CollectGarbage(new HashSet<string>());
        return accepted;
    }

    private static void MutateManifest(TestImage image, Random random)
    {
        string[] digests = [image.Id, image.ManifestDigest];
        string digest = digests[random.Next(2)];
        byte[] content = [.. image.Blobs[digest]];
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            content[random.Next(content.Length)] = (byte)"\"{}[],:0-9a\\\0e"[random.Next(14)];
        }

        image.Replace(digest, content);
    }

    private static string Keep(byte[] tar)
    {
        Directory.CreateDirectory(Corpus);
        string file = Path.Combine(Corpus, TestImage.Digest(tar)[7..23] + ".tar");
        File.WriteAllBytes(file, tar);
        return file;
    }
}
