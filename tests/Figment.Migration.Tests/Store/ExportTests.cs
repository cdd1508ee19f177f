using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using ZstdSharp;

namespace Figment.Migration.Tests.Store;

public sealed class ExportTests : IDisposable
{
    private readonly StoreTest _test = new();
    private readonly StoreTest _other = new();

    public void Dispose()
    {
        _test.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_snapshot_goes_to_another_store_as_it_is(bool encrypted)
    {
        string key = Path.Combine(_test.Folder, "key");
        StoreTest.Run("sh", "-c", $"umask 077; head -c 32 /dev/urandom > {key}");
        var store = _test.Open(encrypted ? new StoreOptions { KeyFile = key } : null);
        string source = _test.Source();
        string id = await store.PublishAsync(source, StoreTest.Info);
        using var stream = new MemoryStream();

        store.Export(id, stream);
        stream.Position = 0;
        var other = _other.Open();
        string there = await other.ImportAsync(stream);

        string target = _other.New();
        other.Unpack(there, target);
        Assert.Equal(StoreTest.Listing(source), StoreTest.Listing(target));
        Assert.Equal(StoreTest.Info, Assert.Single(other.List()).Info);
        AssertNoLeftovers();
    }

    [Fact]
    public async Task A_damaged_snapshot_is_not_exported_at_all()
    {
        var store = _test.Open();
        string id = await store.PublishAsync(_test.Source(), StoreTest.Info);
        byte[] pack = await File.ReadAllBytesAsync(_test.Pack);
        pack[^1] ^= 1;
        await File.WriteAllBytesAsync(_test.Pack, pack);
        using var stream = new MemoryStream();

        Assert.Contains("its checksum is wrong", Assert.Throws<SnapshotException>(() => store.Export(id, stream)).Message, StringComparison.Ordinal);
        Assert.Equal(0, stream.Length);
        AssertNoLeftovers();
    }

    [Fact]
    public async Task A_stream_that_ends_early_or_was_changed_is_refused()
    {
        byte[] good = await ExportAsync();
        var random = new Random(3);
        for (int attempt = 0; attempt < 60; attempt++)
        {
            byte[] bytes = attempt % 2 == 0 ? good[..random.Next(good.Length)] : [.. good];
            if (attempt % 2 == 1)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            Assert.StartsWith("the stream was not imported: ", await RefusedAsync(bytes), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("entries[1].path", "\"../x\"", "'../x' leads out of it, or nowhere")]
    [InlineData("entries[1].path", "\"/etc/x\"", "'/etc/x' leads out of it, or nowhere")]
    [InlineData("entries[1].path", "\"a/../../x\"", "'a/../../x' leads out of it, or nowhere")]
    [InlineData("entries[1].path", "\".\"", "'.' leads out of it, or nowhere")]
    [InlineData("entries[1].path", "\"a\\u0000b\"", "leads out of it, or nowhere")]
    [InlineData("entries[1].path", "\"none/x\"", "'none/x' lies in no folder of it")]
    [InlineData("entries[1].path", "\"link/x\"", "'link/x' lies in no folder of it")]
    [InlineData("entries[1].path", "\"pages-1.img\"", "'pages-1.img' is there twice")]
    [InlineData("entries[1].path", "\"\"", "'' leads out of it, or nowhere")]
    [InlineData("entries[1].length", "9223372036854775807", "more than the 1000000 bytes")]
    [InlineData("entries[1].length", "-1", "is no file, folder, link, FIFO or whiteout as they are kept")]
    [InlineData("entries[1].kind", "\"BlockDevice\"", "is no file, folder, link, FIFO or whiteout as they are kept")]
    [InlineData("entries[1].kind", "\"Nonsense\"", "its head cannot be read")]
    [InlineData("entries[1].target", "\"/etc\"", "is no file, folder, link, FIFO or whiteout as they are kept")]
    [InlineData("entries[1].kind", "\"Fifo\"", "is no file, folder, link, FIFO or whiteout as they are kept")]
    [InlineData("entries[1].kind", "\"CharacterDevice\"", "is no file, folder, link, FIFO or whiteout as they are kept")]
    [InlineData("entries[1].sameAs", "\"core-1.img\"", "'core-1.img' is no second name of 'core-1.img'")]
    [InlineData("entries[3].sameAs", "\"\"", "'pages-1.img' is no second name of ''")]
    [InlineData("entries[3].sameAs", "\"core-1.img\"", "'pages-1.img' is no second name of 'core-1.img'")]
    [InlineData("entries[4].sameAs", "\"zzz\"", "'second' is no second name of 'zzz'")]
    [InlineData("entries[4].sameAs", "\"../x\"", "'second' is no second name of '../x'")]
    [InlineData("entries[4].sameAs", "\"link\"", "'second' is no second name of 'link'")]
    [InlineData("entries[4].sameAs", "\"third\"", "'second' is no second name of 'third'")]
    [InlineData("entries[5].sameAs", "\"second\"", "'third' is no second name of 'second'")]
    [InlineData("entries[5].attributes", "{}", "'third' is no second name of 'core-1.img'")]
    [InlineData("entries[5].kind", "\"CharacterDevice\"", "'third' is no second name of 'core-1.img'")]
    [InlineData("entries[1].attributes", "{ \"trusted.overlay.redirect\": \"L2V0Yw==\" }", "'core-1.img' has an attribute 'trusted.overlay.redirect', which is not kept")]
    [InlineData("entries[0].attributes", "{ \"trusted.overlay.redirect\": \"L2V0Yw==\" }", "'' has an attribute 'trusted.overlay.redirect', which is not kept")]
    [InlineData("entries[1].attributes", "{ \"trusted.overlay.metacopy\": \"\" }", "'core-1.img' has an attribute 'trusted.overlay.metacopy', which is not kept")]
    [InlineData("entries[1].attributes", "{ \"trusted.overlay.origin\": \"eQ==\" }", "'core-1.img' has an attribute 'trusted.overlay.origin', which is not kept")]
    [InlineData("entries[1].attributes", "{ \"trusted.overlay.opaque\": \"eQ==\" }", "'core-1.img' has an attribute 'trusted.overlay.opaque', which is not kept")]
    [InlineData("entries[0].attributes", "{ \"trusted.overlay.opaque\": \"eA==\" }", "the attribute trusted.overlay.opaque of '' has a value that it cannot have")]
    [InlineData("entries[1].attributes", "{ \"trusted.other\": \"\" }", "'core-1.img' has an attribute 'trusted.other', which is not kept")]
    [InlineData("entries[1].attributes", "{ \"security.selinux\": \"\" }", "'core-1.img' has an attribute 'security.selinux', which is not kept")]
    [InlineData("entries[1].attributes", "{ \"user.\": \"\" }", "'core-1.img' has an attribute 'user.', which is not kept")]
    [InlineData("entries[1].attributes", "{ \"user.a\\u0000b\": \"\" }", "which is not kept")]
    [InlineData("entries[1].attributes", "{ \"user.a\": null }", "the attribute user.a of 'core-1.img' has a value that it cannot have")]
    [InlineData("entries[1].attributes", "{ \"system.posix_acl_access\": \"AQAAAA==\" }", "the attribute system.posix_acl_access of 'core-1.img' has a value that it cannot have")]
    [InlineData("entries[1].attributes", "{ \"system.posix_acl_access\": \"AgAAAAE=\" }", "the kernel refuses the value of the attribute system.posix_acl_access of 'core-1.img'")]
    [InlineData("entries[1].attributes", "{ \"security.capability\": \"AgAAAAE=\" }", "the kernel refuses the value of the attribute security.capability of 'core-1.img'")]
    [InlineData("entries[2].attributes", "{ \"user.a\": \"\" }", "'link' has an attribute 'user.a', which is not kept")]
    [InlineData("entries[1].attributes", "7", "its head cannot be read")]
    [InlineData("entries[1].mode", "65535", "the mode or time of 'core-1.img' is none")]
    [InlineData("entries[1].modifiedNanoseconds", "-5", "the mode or time of 'core-1.img' is none")]
    [InlineData("entries[1]", "null", "entry 1 is nothing")]
    [InlineData("entries[0].path", "\"x\"", "it does not begin with its own folder")]
    [InlineData("entries", "[]", "it does not begin with its own folder")]
    [InlineData("info", "null", "its head cannot be read")]
    [InlineData("info.name", "\"../x\"", "its name is none")]
    [InlineData("info.machine", "\"..\"", "it is of no machine")]
    [InlineData("info.application", "\"\"", "it is of no machine")]
    public async Task A_head_that_leads_astray_is_refused(string place, string value, string why)
    {
        string refused = await RefusedAsync(Forge(await ExportAsync(), head => Set(head, place, value)), new StoreOptions { SnapshotBytesMax = 1_000_000 });

        Assert.StartsWith("the stream was not imported: ", refused, StringComparison.Ordinal);
        Assert.Contains(why, refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attributes_have_bounds()
    {
        byte[] good = await ExportAsync();
        JsonObject Many(int count, int nameCharacters, int bytes) =>
            new(Enumerable.Range(0, count).Select(number => KeyValuePair.Create<string, JsonNode?>("user." + number.ToString("D" + (nameCharacters - 5), System.Globalization.CultureInfo.InvariantCulture), Convert.ToBase64String(new byte[bytes]))));
        foreach (var (attributes, why) in new[]
        {
            (Many(1, 256, 0), "which is not kept"),
            (Many(1, 10, 65537), "has a value that it cannot have"),
            (Many(257, 255, 0), "the attributes of 'core-1.img' have names of 65792 bytes, of at most 65536"),
        })
        {
            Assert.Contains(why, await RefusedAsync(Forge(good, head => head["entries"]![1]!["attributes"] = attributes)), StringComparison.Ordinal);
        }

        // Some are no fault.
        await _other.Open().ImportAsync(new MemoryStream(Forge(good, head => head["entries"]![1]!["attributes"] = Many(10, 20, 50))));
    }

    /// <summary>A link out of the folder is kept as a link, and nothing is written through it.</summary>
    [Fact]
    public async Task A_file_below_a_link_is_no_entry()
    {
        string outside = Path.Combine(_other.Folder, "outside");
        Directory.CreateDirectory(outside);
        byte[] stream = Forge(await ExportAsync(), head =>
        {
            var entries = head["entries"]!.AsArray();
            var link = entries[1]!.DeepClone();
            (link["path"], link["kind"], link["target"], link["length"]) = ("way", "SymbolicLink", outside, 0);
            entries[1]!["path"] = "way/in.img";
            entries.Insert(1, link);
        });

        Assert.Contains("'way/in.img' lies in no folder of it", await RefusedAsync(stream), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task A_bomb_stops_at_the_length_that_it_promised()
    {
        // A gigabyte of zeros behind an export, in some 30 kB.
        byte[] good = await ExportAsync();
        string refused = await RefusedAsync(Compress([.. Plain(good)], zerosBehind: 1 << 30));

        Assert.Contains("something follows its end", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_that_promises_much_takes_no_memory_for_it()
    {
        byte[] head = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(head, 200_000_000);
        long before = GC.GetTotalAllocatedBytes();

        Assert.Contains("it is cut off or damaged", await RefusedAsync(Compress(head)), StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 50_000_000);
        BinaryPrimitives.WriteInt32LittleEndian(head, int.MaxValue);
        Assert.Contains("its head would have 2147483647 bytes", await RefusedAsync(Compress(head)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_export_is_said_to_be_none() =>
        Assert.Equal("the stream was not imported: it does not begin as an export of this version; export the snapshot again", await RefusedAsync("figment-export 2\n"u8.ToArray()));

    private static byte[] Plain(byte[] stream)
    {
        using var plain = new MemoryStream();
        using var compressed = new DecompressionStream(new MemoryStream(stream, 17, stream.Length - 17));
        compressed.CopyTo(plain);
        return plain.ToArray();
    }

    private static byte[] Compress(byte[] plain, int zerosBehind = 0)
    {
        using var stream = new MemoryStream();
        stream.Write("figment-export 1\n"u8);
        using (var compressed = new CompressionStream(stream, leaveOpen: true))
        {
            compressed.Write(plain);
            byte[] zeros = new byte[1 << 20];
            for (int left = zerosBehind; left > 0; left -= zeros.Length)
            {
                compressed.Write(zeros);
            }
        }

        return stream.ToArray();
    }

    /// <summary>An export with another head, and a checksum that is right.</summary>
    private static byte[] Forge(byte[] stream, Action<JsonNode> change)
    {
        byte[] plain = Plain(stream);
        int length = BinaryPrimitives.ReadInt32LittleEndian(plain);
        var head = JsonNode.Parse(plain.AsSpan(4, length))!;
        change(head);
        byte[] json = Encoding.UTF8.GetBytes(head.ToJsonString());
        byte[] forged = [.. new byte[4], .. json, .. plain[(4 + length)..^32]];
        BinaryPrimitives.WriteInt32LittleEndian(forged, json.Length);
        return Compress([.. forged, .. SHA256.HashData(forged)]);
    }

    private static void Set(JsonNode head, string place, string value)
    {
        string[] parts = place.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.');
        var node = parts[..^1].Aggregate(head, (at, part) => at is JsonArray array ? array[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : at[part]!);
        if (node is JsonArray list)
        {
            list[int.Parse(parts[^1], System.Globalization.CultureInfo.InvariantCulture)] = JsonNode.Parse(value);
        }
        else
        {
            node[parts[^1]] = JsonNode.Parse(value);
        }
    }

    private async Task<byte[]> ExportAsync()
    {
        string source = _test.New();
        Directory.CreateDirectory(source);
        await File.WriteAllTextAsync(Path.Combine(source, "core-1.img"), "core");
        await File.WriteAllBytesAsync(Path.Combine(source, "pages-1.img"), StoreTest.Page(1));
        File.CreateSymbolicLink(Path.Combine(source, "link"), "/etc");
        StoreTest.Run("ln", Path.Combine(source, "core-1.img"), Path.Combine(source, "second"));
        StoreTest.Run("ln", Path.Combine(source, "core-1.img"), Path.Combine(source, "third"));
        var store = _test.Open();
        using var stream = new MemoryStream();
        store.Export(await store.PublishAsync(source, StoreTest.Info), stream);
        return stream.ToArray();
    }

    private async Task<string> RefusedAsync(byte[] bytes, StoreOptions? options = null)
    {
        var store = _other.Open(options);
        var refused = await Assert.ThrowsAsync<SnapshotException>(() => store.ImportAsync(new MemoryStream(bytes)));
        Assert.Empty(store.List());
        AssertNoLeftovers();
        return refused.Message;
    }

    private void AssertNoLeftovers() =>
        Assert.Empty(new[] { _test.Root, _other.Root }.Where(Directory.Exists).SelectMany(root => Directory.GetFileSystemEntries(Path.Combine(root, "staging"))));
}
