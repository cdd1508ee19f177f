using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Figment.Migration.Snapshots;
using ZstdSharp;

namespace Figment.Migration.Store;

/// <summary>
/// A snapshot as one stream: a line, then compressed the length of the head, the head as JSON, the contents of the files in its order, and SHA-256 of all that.
/// All lengths are known from the head, before anything is believed that follows; it is plain, whatever the store is.
/// </summary>
internal static class ExportStream
{
    private const int BufferBytes = 256 * 1024;

    private static ReadOnlySpan<byte> Line => "figment-export 1\n"u8;

    /// <param name="folder">Of an unpacked snapshot, with these entries.</param>
    /// <param name="head">What it has.</param>
    /// <param name="output">Stays open.</param>
    /// <param name="level">Of zstd.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    public static void Write(string folder, ExportHead head, Stream output, int level, CancellationToken cancellation)
    {
        output.Write(Line);
        using var compressed = new CompressionStream(output, Math.Max(1, level), leaveOpen: true);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Put(ReadOnlySpan<byte> content)
        {
            hash.AppendData(content);
            compressed.Write(content);
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(head, StoreJson.Default.ExportHead);
        byte[] length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
        Put(length);
        Put(json);
        byte[] buffer = new byte[BufferBytes];
        foreach (var entry in head.Entries.Where(entry => entry.HasContent))
        {
            using var file = File.OpenHandle(Path.Combine(folder, entry.Path));
            for (long at = 0; at < entry.Length;)
            {
                cancellation.ThrowIfCancellationRequested();
                int count = RandomAccess.Read(file, buffer, at);
                Put(buffer.AsSpan(0, count > 0 ? count : throw new IOException($"{entry.Path} ends at byte {at}")));
                at += count;
            }
        }

        compressed.Write(hash.GetHashAndReset());
    }

    /// <summary>Reads how a stream begins.</summary>
    public static bool Begins(Stream input)
    {
        Span<byte> line = stackalloc byte[Line.Length];
        return input.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) == line.Length && line.SequenceEqual(Line);
    }

    /// <summary>Makes the tree that a stream describes in a new folder.</summary>
    /// <param name="input">From anybody.</param>
    /// <param name="folder">Is not there yet; half of it may be when this throws.</param>
    /// <param name="bytesMax">Of all files together.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="SnapshotException">It is no such stream, cut off, damaged, or leads somewhere.</exception>
    public static SnapshotInfo Read(Stream input, string folder, long bytesMax, CancellationToken cancellation)
    {
        if (!Begins(input))
        {
            throw Refused("it does not begin as an export of this version");
        }

        try
        {
            using var plain = new DecompressionStream(input, leaveOpen: true);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var reader = new Reader(plain, hash, cancellation);
            var head = Head(reader, bytesMax);
            var tree = new TargetTree(folder, head.Entries);
            tree.Begin();
            byte[] buffer = new byte[BufferBytes];
            foreach (var entry in head.Entries.Where(entry => entry.HasContent))
            {
                for (long at = 0; at < entry.Length; at += BufferBytes)
                {
                    var content = buffer.AsSpan(0, (int)Math.Min(BufferBytes, entry.Length - at));
                    reader.Fill(content);
                    WriteData(tree, entry, at / StoreLimits.PageBytes, content);
                }
            }

            reader.Finish();
            tree.Finish();
            return head.Info;
        }
        catch (Exception exception) when (exception is ZstdException or EndOfStreamException or InvalidDataException)
        {
            throw Refused($"it is cut off or damaged ({exception.Message})", exception);
        }
    }

    private static SnapshotException Refused(string why, Exception? inner = null) => new($"the stream was not imported: {why}; export the snapshot again", inner);

    private static ExportHead Head(Reader reader, long bytesMax)
    {
        Span<byte> number = stackalloc byte[sizeof(int)];
        reader.Fill(number);
        int length = BinaryPrimitives.ReadInt32LittleEndian(number);
        if (length is <= 0 or > StoreLimits.RecordBytesMax)
        {
            throw Refused($"its head would have {length} bytes");
        }

        try
        {
            var head = JsonSerializer.Deserialize(reader.Take(length), StoreJson.Default.ExportHead) ?? throw Refused("its head says nothing");
            return (head.Info.Complaint() ?? EntryRules.Complaint(head.Entries, bytesMax)) is { } complaint ? throw Refused(complaint) : head;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw Refused($"its head cannot be read ({exception.Message})", exception);
        }
    }

    /// <summary>Without its pages of zeros: a small stream must not take much room.</summary>
    private static void WriteData(TargetTree tree, RecordEntry entry, long page, ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            int zeros = ZeroPages(content);
            content = content[Math.Min(content.Length, zeros * StoreLimits.PageBytes)..];
            page += zeros;
            int data = 0;
            while (data < content.Length && content.Slice(data, Math.Min(StoreLimits.PageBytes, content.Length - data)).ContainsAnyExcept((byte)0))
            {
                data = Math.Min(content.Length, data + StoreLimits.PageBytes);
            }

            if (data > 0)
            {
                tree.Write(entry, page, content[..data]);
                page += data / StoreLimits.PageBytes;
                content = content[data..];
            }
        }
    }

    private static int ZeroPages(ReadOnlySpan<byte> content)
    {
        int first = content.IndexOfAnyExcept((byte)0);
        return first < 0 ? (content.Length + StoreLimits.PageBytes - 1) / StoreLimits.PageBytes : first / StoreLimits.PageBytes;
    }

    /// <summary>Reads exactly what is asked for, and hashes it.</summary>
    private sealed class Reader(Stream plain, IncrementalHash hash, CancellationToken cancellation)
    {
        public void Fill(Span<byte> content)
        {
            cancellation.ThrowIfCancellationRequested();
            plain.ReadExactly(content);
            hash.AppendData(content);
        }

        /// <summary>Memory grows with what comes, not with what was promised.</summary>
        public byte[] Take(int length)
        {
            using var content = new MemoryStream();
            byte[] buffer = new byte[BufferBytes];
            while (content.Length < length)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - content.Length));
                Fill(part);
                content.Write(part);
            }

            return content.ToArray();
        }

        /// <summary>The hash comes, and then nothing.</summary>
        public void Finish()
        {
            Span<byte> expected = stackalloc byte[StoreLimits.HashBytes];
            plain.ReadExactly(expected);
            if (!expected.SequenceEqual(hash.GetHashAndReset()))
            {
                throw Refused("its checksum is wrong");
            }

            if (plain.ReadByte() >= 0)
            {
                throw Refused("something follows its end");
            }
        }
    }
}
