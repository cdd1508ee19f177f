using System.Text;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;

namespace Figment.Migration.Tests.Store;

public sealed class EncryptionTests : IDisposable
{
    private readonly StoreTest _test = new();

    private string KeyFile => Path.Combine(_test.Folder, "key");

    private StoreOptions Options => new() { KeyFile = KeyFile };

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task Nothing_can_be_read_without_the_key()
    {
        MakeKey(KeyFile, 1);
        string source = _test.Source();
        byte[] secret = Encoding.UTF8.GetBytes("the secret of the house");
        await File.WriteAllBytesAsync(Path.Combine(source, "secret-name.img"), secret);
        var store = _test.Open(Options);

        string id = await store.PublishAsync(source, StoreTest.Info);
        string again = await store.PublishAsync(source, StoreTest.Info);

        string target = _test.New();
        store.Unpack(id, target);
        Assert.Equal(StoreTest.Listing(source), StoreTest.Listing(target));
        Assert.InRange(store.Inspect(again).Unique, 1, 6000);
        byte[] page = StoreTest.Page(10_001);
        byte[] hash = System.Security.Cryptography.SHA256.HashData(page);
        foreach (string file in _test.Files())
        {
            byte[] bytes = await File.ReadAllBytesAsync(file);
            foreach (byte[] plain in new[] { secret, Encoding.UTF8.GetBytes("secret-name"), Encoding.UTF8.GetBytes("web-1"), page[..64], hash, await File.ReadAllBytesAsync(KeyFile) })
            {
                Assert.True(bytes.AsSpan().IndexOf(plain) < 0, $"{file} has '{Encoding.Latin1.GetString(plain)}'");
            }
        }
    }

    [Fact]
    public async Task A_store_takes_the_key_that_it_was_made_with()
    {
        MakeKey(KeyFile, 1);
        string other = Path.Combine(_test.Folder, "other");
        MakeKey(other, 2);
        await _test.Open(Options).PublishAsync(_test.Source(), StoreTest.Info);

        Assert.Equal($"the key file is not that of the store {_test.Root}; name the one that it was made with", Refused(new StoreOptions { KeyFile = other }));
        Assert.Equal($"the store {_test.Root} is encrypted; name its key file", Refused(new StoreOptions()));
    }

    [Fact]
    public void A_plain_store_takes_no_key()
    {
        MakeKey(KeyFile, 1);
        _ = _test.Open();

        Assert.StartsWith($"the store {_test.Root} is not encrypted; open it without a key file", Refused(Options), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_file_is_of_32_bytes_and_its_owners_alone()
    {
        Assert.Equal($"the store's key file {KeyFile} is missing; put the store's key there, or for a new store make one: (umask 077; head -c 32 /dev/urandom > {KeyFile})", Refused(Options));
        MakeKey(KeyFile, 1);
        File.SetUnixFileMode(KeyFile, (UnixFileMode)0x1A0); // 640
        Assert.Equal($"the store's key file {KeyFile} is open to others (mode 640); close it: chmod 600 {KeyFile}", Refused(Options));
        File.WriteAllText(KeyFile, "short");
        File.SetUnixFileMode(KeyFile, (UnixFileMode)0x180);
        Assert.Contains($"{KeyFile} has 5 bytes instead of 32", Refused(Options), StringComparison.Ordinal);
        File.Delete(KeyFile);
        StoreTest.Run("sh", "-c", $"umask 077; head -c 32 /dev/urandom > {KeyFile}");
        Assert.Empty(_test.Open(Options).List());
    }

    /// <summary>Whoever can write to the disk, but has no key, makes checksums that are right.</summary>
    [Fact]
    public async Task Blocks_cannot_be_exchanged_for_others_of_the_same_store()
    {
        MakeKey(KeyFile, 1);
        var store = _test.Open(Options with { CompressionLevel = 0 });
        string id = await store.PublishAsync(_test.Source(), StoreTest.Info);
        var key = StoreKey.Load(KeyFile);
        var folders = new StoreFolders(_test.Root);
        var record = RecordFile.Load(folders, id, key, long.MaxValue);
        byte[] pack = await File.ReadAllBytesAsync(_test.Pack);
        using var codec = new BlockCodec(key, level: 0);
        var (first, second) = (record.Blocks[0], record.Blocks[1]);
        byte[] pages = new byte[StoreLimits.BlockBytes];
        byte[] stored = pack[(int)second.Offset..(int)(second.Offset + second.Stored)];

        Assert.Null(codec.Decode(second, stored, pages));
        Assert.Equal("it was not encrypted with this store's key for this place", codec.Decode(first with { Checksum = second.Checksum, Stored = second.Stored }, stored, pages));
    }

    [Fact]
    public async Task A_record_cannot_be_made_without_the_key()
    {
        MakeKey(KeyFile, 1);
        var store = _test.Open(Options);
        string id = await store.PublishAsync(_test.Source(), StoreTest.Info);
        var folders = new StoreFolders(_test.Root);
        byte[] plain = RecordFile.Write(RecordFile.Load(folders, id, StoreKey.Load(KeyFile), long.MaxValue), key: null);
        await File.WriteAllBytesAsync(folders.Snapshot(id), plain);

        Assert.Contains("was not encrypted with this store's key", Assert.Throws<SnapshotException>(() => store.Verify(id)).Message, StringComparison.Ordinal);
    }

    private static void MakeKey(string path, int seed)
    {
        byte[] key = new byte[32];
        new Random(seed).NextBytes(key);
        File.WriteAllBytes(path, key);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private string Refused(StoreOptions options) => Assert.Throws<SnapshotException>(() => _test.Open(options)).Message;
}
