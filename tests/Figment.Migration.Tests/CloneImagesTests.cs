using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Figment.Migration.Images;
using Figment.Migration.Memory;
using Figment.Tests;
using Google.Protobuf;

namespace Figment.Migration.Tests;

/// <summary>What is changed in a dump from which another machine begins.</summary>
public sealed class CloneImagesTests(ITestOutputHelper output) : IDisposable
{
    private const uint CommonMagic = 0x54564319;
    private const uint Present = 4;
    private const uint InParent = 1;
    private const ulong WipeOnFork = 1 << 18;
    private const ulong Page = MemoryPage.Bytes;

    private static readonly Dictionary<IPAddress, IPAddress> s_addresses = new()
    {
        [IPAddress.Parse("10.210.0.3")] = IPAddress.Parse("10.210.0.4"),
        [IPAddress.Parse("fd00::3")] = IPAddress.Parse("fd00::4"),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-clone-images-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("10.210.0.3", "0.0.0.0", "10.210.0.4", "0.0.0.0")]
    [InlineData("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")]
    [InlineData("10.210.0.3", "10.210.0.3", "10.210.0.4", "10.210.0.4")]
    [InlineData("10.210.0.3", "10.210.0.9", "10.210.0.4", "10.210.0.9")]
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1")]
    [InlineData("::ffff:10.210.0.3", "::", "::ffff:10.210.0.4", "::")]
    [InlineData("fd00::3", "fd00::9", "fd00::4", "fd00::9")]
    public void Sockets_at_its_addresses_are_at_those_of_the_other(string local, string remote, string localThen, string remoteThen)
    {
        var entry = new FileEntry { Kind = FileKind.InternetSocket, Id = 1, InternetSocket = new InternetSocketEntry { Id = 1, Inode = 7, Family = 2, Type = 1, Protocol = 6, State = 10, LocalPort = 80, RemotePort = 0, LocalAddress = { Words(local) }, RemoteAddress = { Words(remote) } } };
        var image = ImageFile.Parse("files.img", ImageFileTests.Image(CommonMagic, (uint)ImageKind.Files, entry.ToByteArray()), ImageKind.Files);

        CloneImages.Move(image, s_addresses);

        var socket = image.Read(0, FileEntry.Parser).InternetSocket;
        Assert.Equal(Words(localThen), socket.LocalAddress);
        Assert.Equal(Words(remoteThen), socket.RemoteAddress);
        Assert.Equal((80u, 7u), (socket.LocalPort, socket.Inode));
    }

    [Fact]
    public void The_host_is_called_as_the_other_and_the_view_alone_says_so()
    {
        File.WriteAllBytes(Path.Combine(_folder, "files.img"), ImageFileTests.Image(CommonMagic, (uint)ImageKind.Files));
        byte[] names = ImageFileTests.Image(CommonMagic, (uint)ImageKind.Names, new NamesEntry { HostName = "web-1", DomainName = "(none)" }.ToByteArray());
        File.WriteAllBytes(Path.Combine(_folder, "utsns-11.img"), names);
        string view = Path.Combine(_folder, "view");

        SnapshotView.Write(_folder, view, TimeSpan.Zero, sameClocks: true, names: new CloneNames("web-2", s_addresses));

        var then = ImageFile.Load(Path.Combine(view, "utsns-11.img"), ImageKind.Names).Read(0, NamesEntry.Parser);
        Assert.Equal(("web-2", "(none)"), (then.HostName, then.DomainName));
        Assert.Equal(names, File.ReadAllBytes(Path.Combine(_folder, "utsns-11.img")));
    }

    [Fact]
    public void Memory_that_is_to_be_empty_in_copies_is_and_all_other_is_as_it_was()
    {
        Dump(1, [(0, 4, 0), (4, 8, WipeOnFork), (8, 12, 1 << 16)], [(1, 2, Present), (2, 6, Present), (7, 7, Present), (7, 10, Present)]);
        byte[] before = Pages(1);

        Assert.Equal(3, WipedMemory.Clear(_folder));

        // Of pages 1, 2 to 5 and 7 to 9 those from 4 to 7.
        int[] numbers = [1, 2, 3, 4, 5, 7, 8, 9];
        byte[] after = Pages(1);
        foreach (var (place, number) in numbers.Index())
        {
            var page = after.AsSpan(place * (int)Page, (int)Page);
            Assert.True(number is 4 or 5 or 7 ? !page.ContainsAnyExcept((byte)0) : page.SequenceEqual(before.AsSpan(place * (int)Page, (int)Page)), string.Create(CultureInfo.InvariantCulture, $"page {number}"));
        }

        Assert.Equal(3, WipedMemory.Clear(_folder));
    }

    [Fact]
    public void Pages_that_are_cut_off_are_said_to_be()
    {
        Dump(1, [(0, 8, WipeOnFork)], [(0, 8, Present)]);
        File.WriteAllBytes(Path.Combine(_folder, "pages-1.img"), new byte[Page]);
        Assert.Throws<ImageException>(() => WipedMemory.Clear(_folder));
    }

    [Fact]
    [Trait("fuzz", "clone-images")]
    public void No_bytes_break_it()
    {
        Dump(1, [(0, 4, 0), (4, 8, WipeOnFork)], [(1, 2, Present), (2, 6, Present), (6, 8, InParent)]);
        string[] names = ["pagemap-1.img", "mm-1.img"];
        byte[][] whole = [.. names.Select(name => File.ReadAllBytes(Path.Combine(_folder, name)))];
        byte[] sockets = ImageFileTests.Image(CommonMagic, (uint)ImageKind.Files, new FileEntry { Kind = FileKind.InternetSocket, Id = 1, InternetSocket = new InternetSocketEntry { Id = 1, Inode = 7, Family = 2, Type = 1, Protocol = 6, State = 10, LocalPort = 80, RemotePort = 0, LocalAddress = { Words("10.210.0.3") }, RemoteAddress = { Words("0.0.0.0") } } }.ToByteArray());
        byte[] space = ImageFileTests.Image(CommonMagic, (uint)ImageKind.Names, new NamesEntry { HostName = "web-1", DomainName = "(none)" }.ToByteArray());
        new FuzzRun("clone-images", output).Run(random =>
        {
            byte[] Damaged(byte[] bytes)
            {
                byte[] damaged = [.. bytes];
                for (int count = random.Next(3); count > 0; count--)
                {
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                }

                return damaged;
            }

            try
            {
                lock (_folder)
                {
                    foreach (var (name, bytes) in names.Zip(whole))
                    {
                        File.WriteAllBytes(Path.Combine(_folder, name), Damaged(bytes));
                    }

                    WipedMemory.Clear(_folder);
                }

                CloneImages.Move(ImageFile.Parse("files.img", Damaged(sockets), ImageKind.Files), s_addresses);
                CloneImages.Rename(ImageFile.Parse("utsns-11.img", Damaged(space), ImageKind.Names), "web-2");
                return true;
            }
            catch (Exception exception) when (exception is ImageException or FileNotFoundException)
            {
                return false;
            }
        });
    }

    private static uint[] Words(string address) => [.. IPAddress.Parse(address).GetAddressBytes().Chunk(sizeof(uint)).Select(word => BinaryPrimitives.ReadUInt32LittleEndian(word))];

    private byte[] Pages(int process) => File.ReadAllBytes(Path.Combine(_folder, $"pages-{process}.img"));

    /// <summary>Mappings with their advice and what of them the dump has, in pages from the first behind zero.</summary>
    private void Dump(int process, (ulong Start, ulong End, ulong Advice)[] mappings, (ulong Start, ulong End, uint Flags)[] entries)
    {
        const ulong First = 16 * Page;
        var memory = new MemoryEntry();
        memory.Mappings.AddRange(mappings.Select(mapping => new MappingEntry { Start = First + (mapping.Start * Page), End = First + (mapping.End * Page), Flags = 0x22, Status = 1, Advice = mapping.Advice }));
        File.WriteAllBytes(Path.Combine(_folder, $"mm-{process}.img"), ImageFileTests.Image(CommonMagic, (uint)ImageKind.Memory, memory.ToByteArray()));
        byte[][] messages =
        [
            new PageMapHead { PagesId = (uint)process }.ToByteArray(),
            .. entries.Select(entry => new PageMapEntry { Address = First + (entry.Start * Page), FewPages = (uint)(entry.End - entry.Start), Flags = entry.Flags }.ToByteArray()),
        ];
        File.WriteAllBytes(Path.Combine(_folder, $"pagemap-{process}.img"), ImageFileTests.Image(CommonMagic, (uint)ImageKind.PageMap, messages));
        long pages = entries.Where(entry => entry.Flags == Present).Sum(entry => (long)(entry.End - entry.Start));
        byte[] bytes = new byte[pages * (long)Page];
        new Random(7).NextBytes(bytes);
        File.WriteAllBytes(Path.Combine(_folder, $"pages-{process}.img"), bytes);
    }
}
