using System.Buffers.Binary;
using Figment.Migration.Images;
using Figment.Tests;
using Google.Protobuf;

namespace Figment.Migration.Tests;

public sealed class ImageFileTests(ITestOutputHelper output)
{
    [Fact]
    public void What_is_read_is_written_as_it_was()
    {
        byte[] bytes = Image(0x54564319, 0x55053847, [1, 2, 3], [], [4]);

        var image = ImageFile.Parse("core-1.img", bytes, ImageKind.Core);

        Assert.Equal(3, image.Count);
        Assert.Equal(bytes, image.ToBytes());
    }

    [Fact]
    public void The_inventory_has_a_head_of_its_own()
    {
        byte[] message = new Inventory { ImageVersion = 2, RunId = "abc" }.ToByteArray();

        var image = ImageFile.Parse("inventory.img", Image(null, 0x58313116, message), ImageKind.Inventory);

        Assert.Equal("abc", image.Read(0, Inventory.Parser).RunId);
    }

    [Fact]
    public void Fields_that_are_not_known_stay()
    {
        // thread { futex_rla: 7, seccomp_filter: 5 } and ids { vm_id: 9 }, of which only the filter is known.
        byte[] message = [0x08, 0x01, 0x22, 0x02, 0x08, 0x09, 0x2a, 0x04, 0x08, 0x07, 0x60, 0x05];
        var image = ImageFile.Parse("core-1.img", Image(0x54564319, 0x55053847, message), ImageKind.Core);

        var core = image.Read(0, CoreState.Parser);
        Assert.Equal(5u, core.Thread.SeccompFilter);
        core.Thread.SeccompFilter = 6;
        image.Replace(0, core);

        byte[] changed = image.ToBytes()[12..];

        // Those that are known come first, which is the same message.
        Assert.Equal("2A0460060807" + "0801" + "22020809", Convert.ToHexString(changed));
    }

    [Theory]
    [InlineData("", 0, "it ends within its head")]
    [InlineData("19435654", 4, "it ends within its head")]
    [InlineData("0000000047380555", 0, "it is no image of CRIU's (version 1.1 of the format)")]
    [InlineData("1943565449304164", 4, "it is of the kind 64413049, not 55053847 (Core)")]
    [InlineData("194356544738055501", 8, "it ends within the length of a message")]
    [InlineData("19435654473805550500000001", 8, "a message of 5 bytes, of which 1 are there")]
    [InlineData("1943565447380555ffffffff01", 8, "a message of 4294967295 bytes, of which 1 are there")]
    public void What_is_damaged_says_where(string hex, long offset, string what)
    {
        var refused = Assert.Throws<ImageException>(() => ImageFile.Parse("core-1.img", Convert.FromHexString(hex), ImageKind.Core));

        Assert.Equal((offset, $"core-1.img, byte {offset}: {what}"), (refused.Offset, refused.Message));
    }

    [Fact]
    public void A_damaged_message_says_which()
    {
        var image = ImageFile.Parse("core-1.img", Image(0x54564319, 0x55053847, [0x08, 0x01], [0x2a, 0x7f]), ImageKind.Core);

        var refused = Assert.Throws<ImageException>(() => image.Read(1, CoreState.Parser));

        Assert.StartsWith("core-1.img, byte 18: message 1 is damaged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("fuzz", "checkpoint-images")]
    public void No_bytes_break_the_reader() =>
        new FuzzRun("checkpoint-images", output).Run(random =>
        {
            byte[] bytes = Image(0x54564319, 0x64413049, new SeccompFilters { Filters = { new SeccompFilter { Program = ByteString.CopyFrom(1, 2, 3, 4, 5, 6, 7, 8), Previous = 3 } } }.ToByteArray());
            for (int changes = random.Next(4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = bytes[..random.Next(bytes.Length / 2, bytes.Length + 1)];
            try
            {
                var image = ImageFile.Parse("seccomp.img", bytes, ImageKind.Seccomp);
                for (int index = 0; index < image.Count; index++)
                {
                    foreach (var filter in image.Read(index, SeccompFilters.Parser).Filters)
                    {
                        SeccompImages.Notifies(filter.Program.Span);
                    }
                }

                Assert.Equal(bytes, image.ToBytes());
                return true;
            }
            catch (ImageException)
            {
                return false;
            }
        });

    internal static byte[] Image(uint? common, uint kind, params IReadOnlyList<byte[]> messages)
    {
        using var stream = new MemoryStream();
        void Write(uint value)
        {
            byte[] number = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(number, value);
            stream.Write(number);
        }

        if (common is { } first)
        {
            Write(first);
        }

        Write(kind);
        foreach (byte[] message in messages)
        {
            Write((uint)message.Length);
            stream.Write(message);
        }

        return stream.ToArray();
    }
}
