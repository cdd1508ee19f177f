using System.Security.Cryptography;
using System.Text;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using Figment.Tests;

namespace Figment.Migration.Tests.Store;

/// <summary>Bytes of the store that come from a disk or from elsewhere: refused by name, or right.</summary>
public sealed class FuzzTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string[] s_words = ["null", "[]", "{}", "-1", "\"\"", "1e99", ",", "}", "\"..\"", "2147483647", "\"\\ud800\"", "[-1,0,1]", "9223372036854775807", "\"Fifo\"", "\"CharacterDevice\"", "\"sameAs\":", "\"attributes\":", "trusted.overlay.redirect", "user.", "system.posix_acl_access", "AgAAAA=="];

    private readonly StoreTest _test = new();

    public void Dispose() => _test.Dispose();

    /// <summary>With a checksum that is right, as whoever writes to the disk can make it: also what fits is unpacked as it was, or refused.</summary>
    [Fact]
    [Trait("fuzz", "snapshot-record")]
    public async Task No_record_breaks_the_reader_or_gives_other_pages()
    {
        string source = _test.Source(pages: 12);
        var folders = new StoreFolders(_test.Root);
        string id = new('a', 32);
        byte[] good = Settle(folders, await _test.Open().PublishAsync(source, StoreTest.Info), id);
        int head = Array.IndexOf(good, (byte)'\n') + 1;
        byte[] pages = await File.ReadAllBytesAsync(Path.Combine(source, "pages-1.img"));
        new FuzzRun("snapshot-record", output).Run(random =>
        {
            byte[] json = Change(good[head..], random);
            byte[] bytes = random.Next(8) == 0 ? Change(good, random) : [.. Encoding.ASCII.GetBytes($"figment-snapshot 1 {Convert.ToHexStringLower(SHA256.HashData(json))}\n"), .. json];
            try
            {
                var record = RecordFile.Parse(id, folders.Snapshot(id), bytes, key: null, bytesMax: 64 << 20);
                byte[] found = new byte[pages.Length];
                new SnapshotReader(folders, key: null, record).Run(
                    (entry, page, content) =>
                    {
                        if (entry.Path == "pages-1.img" && entry.Length == pages.Length)
                        {
                            content[..(int)Math.Min(content.Length, found.Length - (page * 4096))].CopyTo(found.AsSpan((int)page * 4096));
                        }
                    },
                    threads: 1,
                    CancellationToken.None);
                var file = record.Entries.FirstOrDefault(entry => entry.Path == "pages-1.img" && entry.HasContent && entry.Digest!.SequenceEqual(Digest(pages)));
                Assert.True(file is null || found.AsSpan().SequenceEqual(pages), "other pages than those of the digest");
                return true;
            }
            catch (SnapshotException exception)
            {
                Assert.Contains(id, exception.Message, StringComparison.Ordinal);
                return false;
            }
        });
    }

    [Fact]
    [Trait("fuzz", "snapshot-pack")]
    public async Task No_bytes_break_the_readers_of_indexes_and_blocks()
    {
        string id = await _test.Open().PublishAsync(_test.Source(pages: 12), StoreTest.Info);
        var folders = new StoreFolders(_test.Root);
        var block = RecordFile.Load(folders, id, key: null, long.MaxValue).Blocks[0];
        byte[] index = await File.ReadAllBytesAsync(folders.Index(block.Pack));
        byte[] stored = (await File.ReadAllBytesAsync(folders.Pack(block.Pack)))[..block.Stored];
        using var codec = new BlockCodec(key: null, level: 0);
        byte[] good = new byte[block.Pages * StoreLimits.PageBytes];
        Assert.Null(codec.Decode(block, stored, good));
        byte[] pages = new byte[good.Length];
        new FuzzRun("snapshot-pack", output).Run(random =>
        {
            if (random.Next(2) == 0)
            {
                byte[] bytes = Flip(index[..^32], random);
                byte[] whole = [.. bytes, .. random.Next(8) == 0 ? new byte[32] : SHA256.HashData(bytes)];
                return PackIndex.Parse(block.Pack, whole, key: null) is { } parsed && parsed.ToBytes(key: null).AsSpan().SequenceEqual(whole);
            }

            byte[] changed = Flip(stored, random);
            bool hasChecksum = random.Next(4) > 0;
            string? complaint = codec.Decode(hasChecksum ? block with { Checksum = SHA256.HashData(changed) } : block, changed, pages);
            Assert.True(complaint is not null || hasChecksum || pages.AsSpan().SequenceEqual(good), "other pages under the same checksum");
            return complaint is null;
        });
    }

    [Fact]
    [Trait("fuzz", "snapshot-import")]
    public async Task No_stream_breaks_the_import_or_leads_out_of_its_folder()
    {
        var store = _test.Open();
        string source = _test.New();
        Directory.CreateDirectory(Path.Combine(source, "contents"));
        await File.WriteAllBytesAsync(Path.Combine(source, "contents", "data"), StoreTest.Page(1)[..300]);
        File.CreateSymbolicLink(Path.Combine(source, "link"), "/etc/passwd");
        TreeListing.Python(Path.Combine(source, "contents"), """
            import os, stat
            os.link('data', 'name')
            os.mkfifo('pipe')
            os.mknod('whiteout', stat.S_IFCHR, 0)
            os.setxattr('.', 'trusted.overlay.opaque', b'y')
            os.setxattr('data', 'user.note', b'x')
            os.setxattr('data', 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))
            os.setxattr('pipe', 'system.posix_acl_access', bytes.fromhex('0200000001000600ffffffff020006000700000004000400ffffffff10000600ffffffff20000400ffffffff'))
            os.utime('pipe', (1, 1))
            os.utime('whiteout', (1, 1))
            """);

        // What differs from run to run goes: an input's number alone must make the input again.
        StoreTest.Run("touch", "-h", "-d", "2001-02-03", Path.Combine(source, "contents", "data"), Path.Combine(source, "contents"), Path.Combine(source, "link"), source);
        using var stream = new MemoryStream();
        store.Export(await store.PublishAsync(source, StoreTest.Info), stream);
        byte[] good = stream.ToArray();
        byte[] plain = Plain(good);
        string outside = Path.Combine(_test.Folder, "import");
        new FuzzRun("snapshot-import", output).Run(random =>
        {
            Directory.CreateDirectory(outside);
            byte[] bytes = random.Next(3) == 0 ? Flip(good, random) : Compress(Forge(plain, random));
            try
            {
                string folder = Path.Combine(outside, "snapshot");
                ExportStream.Read(new MemoryStream(bytes), folder, 4 << 20, CancellationToken.None);
                Assert.Equal([folder], Directory.GetFileSystemEntries(outside));
                return true;
            }
            catch (SnapshotException exception)
            {
                Assert.StartsWith("the stream was not imported: ", exception.Message, StringComparison.Ordinal);
                Assert.True(Directory.GetFileSystemEntries(outside).Length <= 1, "something lies beside the folder");
                return false;
            }
            finally
            {
                Directory.Delete(outside, recursive: true);
            }
        });
    }

    /// <summary>The record without what differs from run to run: an input's number alone must make the input again.</summary>
    private static byte[] Settle(StoreFolders folders, string published, string id)
    {
        var record = RecordFile.Load(folders, published, key: null, long.MaxValue);
        string pack = record.Blocks.Select(block => block.Pack).Distinct().Single();
        File.Move(folders.Pack(pack), folders.Pack(id));
        return RecordFile.Write(
            record with
            {
                Id = id,
                PublishedAt = DateTimeOffset.UnixEpoch,
                Entries = [.. record.Entries.Select(entry => entry with { ModifiedSeconds = 1, ModifiedNanoseconds = 2 })],
                Blocks = [.. record.Blocks.Select(block => block with { Pack = id })],
            },
            key: null);
    }

    private static byte[] Digest(byte[] pages) => PageAddress.DigestOf(pages.Chunk(StoreLimits.PageBytes).Select(page => PageAddress.Of(page, key: null)).ToArray(), pages.Length, key: null);

    /// <summary>A few words of JSON in place of a few bytes.</summary>
    private static byte[] Change(byte[] good, Random random)
    {
        List<byte> bytes = [.. good];
        for (int changes = random.Next(3); changes > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            bytes.RemoveRange(at, random.Next(Math.Min(8, bytes.Count - at)));
            bytes.InsertRange(at, random.Next(3) == 0 ? [(byte)random.Next(256)] : random.Next(2) == 0 ? [(byte)('0' + random.Next(10))] : Encoding.UTF8.GetBytes(s_words[random.Next(s_words.Length)]));
        }

        return [.. bytes];
    }

    private static byte[] Flip(byte[] good, Random random)
    {
        byte[] bytes = random.Next(6) == 0 ? good[..random.Next(good.Length)] : [.. good];
        for (int changes = random.Next(4); changes > 0 && bytes.Length > 0; changes--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private static byte[] Plain(byte[] stream)
    {
        using var plain = new MemoryStream();
        using var compressed = new ZstdSharp.DecompressionStream(new MemoryStream(stream, 17, stream.Length - 17));
        compressed.CopyTo(plain);
        return plain.ToArray();
    }

    private static byte[] Compress(byte[] plain)
    {
        using var compressor = new ZstdSharp.Compressor(1);
        return [.. "figment-export 1\n"u8, .. compressor.Wrap(plain)];
    }

    /// <summary>Another head, whose length is right, and mostly the checksum.</summary>
    private static byte[] Forge(byte[] plain, Random random)
    {
        int length = BitConverter.ToInt32(plain);
        byte[] head = Change(plain[4..(4 + length)], random);
        byte[] forged = [.. BitConverter.GetBytes(head.Length), .. head, .. plain[(4 + length)..^32]];
        return [.. forged, .. random.Next(8) == 0 ? new byte[32] : SHA256.HashData(forged)];
    }
}
