using System.Text;
using Figment.Images.Layers;
using Figment.Images.Manifests;
using Figment.Images.Registry;
using Figment.Images.Tests.Support;

namespace Figment.Images.Tests;

/// <summary>Random changes of what each parser reads: it refuses by its own error or accepts, and ends. The seed is fixed and every failure names its input's number.</summary>
public sealed class ParserFuzzTests
{
    private const int Seed = 20260101;
    private const int Inputs = 10_000;

    private static readonly ImageLimits Limits = new() { UnpackedBytesPerLayerMax = 1 << 20, CompressionRatioFromBytes = 1 << 16 };

    [Fact]
    public void Names() => Fuzz(
        ["localhost:5000/a/b-c__d:tag@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"u8.ToArray(), "redis"u8.ToArray(), "[::1]:80/x"u8.ToArray()],
        input =>
        {
            if (ImageReference.TryParse(Encoding.UTF8.GetString(input), out var reference, out _))
            {
                Assert.True(ImageReference.TryParse(reference.ToString(), out var again, out string? error), error);
                Assert.Equal(reference, again);
                Assert.DoesNotContain("..", reference.Repository, StringComparison.Ordinal);
            }
        });

    [Fact]
    public void Challenges() => Fuzz(
        ["realm=\"https://auth.example.com/token\",service=\"a\\\"b\",scope=\"repository:x:pull,push\",error=plain"u8.ToArray()],
        input => _ = Challenge.Parse("Bearer", Encoding.Latin1.GetString(input)));

    [Fact]
    public void Manifests()
    {
        var image = TestImage.Of(new LayerTar().File("a").Build());
        var reader = new ManifestReader("input", Limits);
        Fuzz([image.Manifest], input => _ = reader.Read(input, TestImage.ManifestType));
    }

    [Fact]
    public void Configurations()
    {
        byte[] config = """{"created":"2020-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{"Env":["A=1"],"ExposedPorts":{"80/tcp":{}},"Volumes":{"/a":{}},"Healthcheck":{"Test":["CMD","a"],"Interval":1}},"rootfs":{"type":"layers","diff_ids":["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]}}"""u8.ToArray();
        var reader = new ManifestReader("input", Limits);
        Fuzz([config], input =>
        {
            var document = reader.Parse(input, ManifestJson.Default.ConfigDocument, "configuration");
            _ = ConfigReader.DiffIds(document, 1, reader);
            _ = ConfigReader.Convert(document, reader);
        });
    }

    [Fact]
    public void Credentials() => Fuzz(
        ["""{"auths":{"https://index.docker.io/v1/":{"auth":"YWxpY2U6cGE6c3M="},"a":{"username":"b","password":"c","identitytoken":"d"}},"credsStore":"x","credHelpers":{"e":"f"}}"""u8.ToArray()],
        input => _ = DockerCredentials.Parse(input));

    [Fact]
    public void Archives() => Fuzz(
        [
            new LayerTar().Folder("a/").File("a/" + new string('n', 200), "text", attributes: ("SCHILY.xattr.user.a", "b")).Link("l", "a").Build(),
            new RawTar().LongName("long").Header("x", '0', [1, 2, 3]).Extended("GNU.sparse.major=1"u8.ToArray(), "GNU.sparse.realsize=100"u8.ToArray()).Header("s", '0', [.. "1\n5\n2\n"u8, .. new byte[506], 7, 8]).Build(),
        ],
        ReadAll);

    [Fact]
    public void Compressed_archives()
    {
        byte[] tar = new LayerTar().File("a", string.Concat(Enumerable.Range(0, 500))).Build();
        Fuzz([LayerTar.Gzip(tar), LayerTar.Zstd(tar)], ReadAll);
    }

    private static void ReadAll(byte[] input)
    {
        var faults = new LayerFaults("input");
        using var stored = new MemoryStream(input);
        using var unpacked = new LayerStream(stored, new UnpackBudget(1 << 20), Limits, faults, CancellationToken.None);
        var tar = new TarReader(unpacked, Limits, faults);
        byte[] buffer = new byte[100];
        while (tar.Next() is { } header)
        {
            long count = 0;
            for (int read = tar.Read(buffer); read > 0; read = tar.Read(buffer))
            {
                count += read;
            }

            Assert.InRange(count, 0, header.Size);
        }

        unpacked.Drain();
    }

    private static void Fuzz(byte[][] seeds, Action<byte[]> parse)
    {
        var random = new Random(Seed);
        int refused = 0;
        for (int number = 0; number < Inputs; number++)
        {
            byte[] input = Mutate(seeds[random.Next(seeds.Length)], random);
            try
            {
                parse(input);
            }
            catch (ImageException)
            {
                refused++;
            }
            catch (Exception failure)
            {
                Assert.Fail($"input {number}, {Convert.ToBase64String(input)}: {failure}");
            }
        }

        Assert.True(refused < Inputs, "every input was refused: nothing was tested");
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var input = seed.ToList();
        for (int changes = random.Next(5); changes > 0 && input.Count > 0; changes--)
        {
            int at = random.Next(input.Count);
            switch (random.Next(6))
            {
                case 0:
                    input[at] = (byte)random.Next(256);
                    break;
                case 1:
                    input[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    input[at] = (byte)"\"{}[],:/@.-09\\=\0"[random.Next(16)];
                    break;
                case 3:
                    input.RemoveRange(at, Math.Min(random.Next(1, 20), input.Count - at));
                    break;
                case 4:
                    input.InsertRange(at, input.Skip(random.Next(input.Count)).Take(random.Next(1, 20)).ToList());
                    break;
                default:
                    input.RemoveRange(at, random.Next(8) == 0 ? input.Count - at : 0);
                    break;
            }
        }

        return [.. input];
    }
}
