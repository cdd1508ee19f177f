using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>A record's file: a line with format and checksum, then the record as JSON, encrypted where the store is.</summary>
internal static class RecordFile
{
    private const string Magic = "figment-snapshot 1 ";

    private static readonly int s_headBytes = Magic.Length + (2 * StoreLimits.HashBytes) + 1;

    public static byte[] Write(SnapshotRecord record, StoreKey? key)
    {
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(record, StoreJson.Default.SnapshotRecord);
        if (key is not null)
        {
            byte[] plain = content;
            content = new byte[plain.Length + StoreKey.OverheadBytes];
            key.Seal(plain, content, Place(record.Id));
        }

        return [.. Encoding.ASCII.GetBytes($"{Magic}{Convert.ToHexStringLower(SHA256.HashData(content))}\n"), .. content];
    }

    /// <exception cref="SnapshotException">There is none, or it is damaged.</exception>
    public static SnapshotRecord Load(StoreFolders folders, string id, StoreKey? key, long bytesMax)
    {
        string path = folders.Snapshot(id);
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > StoreLimits.RecordBytesMax } file
                ? throw StoreFaults.Damaged(id, $"its record {path} has {file.Length} bytes")
                : Parse(id, path, File.ReadAllBytes(path), key, bytesMax);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SnapshotException($"the store {folders.Root} has no snapshot {id}; see which it has", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StoreFaults.Refused($"the record of snapshot {id} cannot be read", folders.Root, exception);
        }
    }

    /// <param name="id">Whose it should be.</param>
    /// <param name="path">For messages.</param>
    /// <param name="bytes">The whole file.</param>
    /// <param name="key">The store's.</param>
    /// <param name="bytesMax">Of the snapshot.</param>
    /// <exception cref="SnapshotException">It is damaged.</exception>
    internal static SnapshotRecord Parse(string id, string path, ReadOnlySpan<byte> bytes, StoreKey? key, long bytesMax)
    {
        if (!bytes.StartsWith("figment-snapshot "u8))
        {
            throw StoreFaults.Damaged(id, $"{path} is no record");
        }

        if (!bytes.StartsWith(Encoding.ASCII.GetBytes(Magic)))
        {
            throw new SnapshotException($"{path} is of another format than this Figment knows ({Magic.Trim()}); restore it with the Figment that made it, or remove it");
        }

        if (bytes.Length < s_headBytes || !bytes[..s_headBytes].EndsWith(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(bytes[s_headBytes..])) + "\n")))
        {
            throw StoreFaults.Damaged(id, $"the checksum of its record {path} is wrong");
        }

        var record = Read(id, path, bytes[s_headBytes..], key);
        return record.Id != id ? throw StoreFaults.Damaged(id, $"{path} is the record of {record.Id}")
            : record.Format != SnapshotRecord.FormatNow ? throw StoreFaults.Damaged(id, $"{path} is of format {record.Format}")
            : (record.Info.Complaint() ?? record.Complaint(bytesMax)) is { } complaint ? throw StoreFaults.Damaged(id, $"{path}: {complaint}")
            : record;
    }

    private static SnapshotRecord Read(string id, string path, ReadOnlySpan<byte> content, StoreKey? key)
    {
        if (key is not null)
        {
            byte[] plain = new byte[Math.Max(0, content.Length - StoreKey.OverheadBytes)];
            if (content.Length < StoreKey.OverheadBytes || !key.TryOpen(content, plain, Place(id)))
            {
                throw StoreFaults.Damaged(id, $"its record {path} was not encrypted with this store's key");
            }

            content = plain;
        }

        try
        {
            return JsonSerializer.Deserialize(content, StoreJson.Default.SnapshotRecord) ?? throw StoreFaults.Damaged(id, $"{path} says nothing");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw StoreFaults.Damaged(id, $"{path}: {exception.Message}", exception);
        }
    }

    private static byte[] Place(string id) => Encoding.UTF8.GetBytes("record " + id);
}
