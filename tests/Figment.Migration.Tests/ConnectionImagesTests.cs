using System.Buffers.Binary;
using System.Net;
using Figment.Linux.Internet;
using Figment.Migration.Images;
using Figment.Tests;
using Google.Protobuf;

namespace Figment.Migration.Tests;

public sealed class ConnectionImagesTests(ITestOutputHelper output)
{
    private const uint CommonMagic = 0x54564319;
    private const uint Established = 1;
    private const uint Listening = 10;
    private const int PortsPerAddress = 65_535;

    [Fact]
    public void Connections_with_others_are_bound_where_nobody_is_and_the_rest_stays_as_it_was()
    {
        FileEntry[] entries =
        [
            new() { Kind = (FileKind)1, Id = 1 },
            Socket(2, Listening, "0.0.0.0", 6379, "0.0.0.0", 0),
            Socket(3, Established, "10.210.0.3", 6379, "10.210.0.9", 40_001),
            Socket(4, Established, "127.0.0.1", 5000, "127.0.0.1", 5001),
            Socket(5, Established, "::ffff:10.210.0.3", 6379, "::ffff:10.210.0.9", 40_002),
            Socket(6, Established, "::ffff:127.0.0.1", 5000, "::ffff:127.0.0.1", 5001),
            Socket(7, Established, "10.210.0.3", 5000, "10.210.0.3", 5001),
            Socket(8, Established, "10.210.0.3", 53, "10.210.0.9", 53, protocol: 17),
            Socket(9, Established, "fd00::3", 6379, "fd00::9", 40_003),
        ];
        var image = ImageFile.Parse("files.img", Image(entries), ImageKind.Files);

        Assert.Equal([new(103, false), new(105, true), new(109, true)], ConnectionImages.Rewrite(image));

        int place = 0;
        foreach (var (index, entry) in entries.Index())
        {
            var found = image.Read(index, FileEntry.Parser);
            if (entry.Id is 3 or 5 or 9)
            {
                Assert.Equal((0u, 7u), (found.InternetSocket.RemotePort, found.InternetSocket.State));
                Assert.Equal(place++, ConnectionImages.PlaceAt(LocalOf(found.InternetSocket)));
                Assert.Equal(entry.InternetSocket.Inode, found.InternetSocket.Inode);
            }
            else
            {
                Assert.Equal(entry, found);
            }
        }
    }

    [Fact]
    public void What_is_not_understood_is_kept()
    {
        byte[] entry = [.. Socket(3, Established, "10.210.0.3", 6379, "10.210.0.9", 40_001).ToByteArray(), 0x9a, 0x06, 3, 1, 2, 3];
        var image = ImageFile.Parse("files.img", ImageFileTests.Image(CommonMagic, (uint)ImageKind.Files, entry), ImageKind.Files);

        Assert.Single(ConnectionImages.Rewrite(image));

        Assert.Equal([0x9a, 0x06, 3, 1, 2, 3], image.ToBytes()[^6..]);
    }

    [Theory]
    [InlineData("192.0.2.1", 1, 0)]
    [InlineData("192.0.2.1", 65_535, PortsPerAddress - 1)]
    [InlineData("192.0.2.2", 1, PortsPerAddress)]
    [InlineData("192.0.2.254", 65_535, (254 * PortsPerAddress) - 1)]
    [InlineData("192.0.2.255", 1, null)]
    [InlineData("192.0.2.0", 1, null)]
    [InlineData("192.0.2.1", 0, null)]
    [InlineData("2001:db8::1", 7, 6)]
    [InlineData("2001:db8::ff", 7, null)]
    [InlineData("10.0.0.1", 1, null)]
    [InlineData("::", 1, null)]
    public void A_place_has_its_number(string address, int port, int? place) =>
        Assert.Equal(place, ConnectionImages.PlaceAt(InternetEndpoint.From(IPAddress.Parse(address), port)));

    [Fact]
    [Trait("fuzz", "connection-images")]
    public void No_bytes_break_it() =>
        new FuzzRun("connection-images", output).Run(random =>
        {
            byte[] bytes = Image(Socket(3, Established, "10.210.0.3", 6379, "10.210.0.9", 40_001), Socket(4, Established, "fd00::3", 6379, "fd00::9", 40_003), new FileEntry { Kind = FileKind.Timer, Id = 5, Timer = new TimerEntry { Id = 5, Clock = 1, Ticks = 0, LeftSeconds = 1, LeftNanoseconds = 2, IntervalSeconds = 3, IntervalNanoseconds = 4 } });
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                var image = ImageFile.Parse("files.img", bytes, ImageKind.Files);
                Assert.InRange(ConnectionImages.Rewrite(image).Count, 0, image.Count);
                TimerImages.Advance(image, TimeSpan.FromTicks(random.NextInt64()));
                return true;
            }
            catch (ImageException)
            {
                return false;
            }
        });

    private static byte[] Image(params FileEntry[] entries) => ImageFileTests.Image(CommonMagic, (uint)ImageKind.Files, [.. entries.Select(entry => entry.ToByteArray())]);

    private static FileEntry Socket(uint id, uint state, string local, uint localPort, string remote, uint remotePort, uint protocol = 6)
    {
        uint[] words = Words(local);
        return new FileEntry
        {
            Kind = FileKind.InternetSocket,
            Id = id,
            InternetSocket = new InternetSocketEntry
            {
                Id = id,
                Inode = 100 + id,
                Family = words.Length == 1 ? 2u : 10u,
                Type = 1,
                Protocol = protocol,
                State = state,
                LocalPort = localPort,
                RemotePort = remotePort,
                LocalAddress = { words },
                RemoteAddress = { Words(remote) },
            },
        };
    }

    private static uint[] Words(string address) =>
        [.. IPAddress.Parse(address).GetAddressBytes().Chunk(sizeof(uint)).Select(word => BinaryPrimitives.ReadUInt32LittleEndian(word))];

    private static InternetEndpoint LocalOf(InternetSocketEntry socket)
    {
        byte[] bytes = [.. socket.LocalAddress.SelectMany(BitConverter.GetBytes)];
        return InternetEndpoint.From(new IPAddress(bytes), (int)socket.LocalPort);
    }
}
