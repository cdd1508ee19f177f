using System.Text.Json;
using Figment.Linux.Trees;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>Makes a new store's mark, or compares an old one's with what this process knows and was given.</summary>
internal static class StoreOpening
{
    /// <exception cref="SnapshotException">It is of another format, encrypted otherwise, or no store.</exception>
    public static void Check(StoreFolders folders, StoreKey? key, TimeProvider time)
    {
        if (!File.Exists(folders.Mark))
        {
            using var held = FileLock.Take(folders.Lock);
            if (!File.Exists(folders.Mark))
            {
                Make(folders, key, time);
            }
        }

        var mark = Read(folders.Mark);
        if (mark.Format != StoreMark.FormatNow)
        {
            throw new SnapshotException($"the store {folders.Root} is of format {mark.Format}, this Figment knows {StoreMark.FormatNow}; use the Figment that made it, or another folder");
        }

        if (mark.KeyCheck is { } check && key is null)
        {
            throw new SnapshotException($"the store {folders.Root} is encrypted; name its key file");
        }

        if (key is not null && !key.Check.AsSpan().SequenceEqual(mark.KeyCheck))
        {
            throw new SnapshotException(mark.KeyCheck is null
                ? $"the store {folders.Root} is not encrypted; open it without a key file, or make another store for encrypted snapshots"
                : $"the key file is not that of the store {folders.Root}; name the one that it was made with");
        }
    }

    private static void Make(StoreFolders folders, StoreKey? key, TimeProvider time)
    {
        if (folders.SnapshotIds().Count > 0)
        {
            throw new SnapshotException($"{folders.Mark} is missing, but there are snapshots: put it back from a copy, or remove {folders.Root}");
        }

        using var staging = StagingFolder.Make(folders, time);
        string path = Path.Combine(staging.Folder, "store.json");
        folders.WriteWhole(path, JsonSerializer.SerializeToUtf8Bytes(new StoreMark { Format = StoreMark.FormatNow, KeyCheck = key?.Check }, StoreJson.Default.StoreMark));
        folders.Rename(path, folders.Mark);
        folders.SyncFolder(folders.Root);
    }

    private static StoreMark Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), StoreJson.Default.StoreMark) ?? throw new SnapshotException($"{path} says nothing; put it back from a copy, or remove the store");
        }
        catch (JsonException exception)
        {
            throw new SnapshotException($"{path} is damaged: {exception.Message}; put it back from a copy, or remove the store", exception);
        }
    }
}
