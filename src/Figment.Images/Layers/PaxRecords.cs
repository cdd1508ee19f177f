using System.Text;

namespace Figment.Images.Layers;

/// <summary>The records of pax extended headers before one entry ("LENGTH KEY=VALUE\n"). Values stay bytes.</summary>
internal sealed class PaxRecords(LayerFaults faults)
{
    private const string AttributePrefix = "SCHILY.xattr.";

    private readonly Dictionary<string, byte[]> _records = [];

    public bool IsEmpty => _records.Count == 0;

    public void Parse(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            int space = content.IndexOf((byte)' ');
            if (space <= 0 || !TarNumbers.TryParseDecimal(content[..space], out long length) || length <= space + 1 || length > content.Length
                || content[(int)length - 1] != '\n')
            {
                throw faults.Corrupt("an extended header is malformed");
            }

            var record = content[(space + 1)..((int)length - 1)];
            int equal = record.IndexOf((byte)'=');
            if (equal <= 0)
            {
                throw faults.Corrupt("an extended header has a record without a key");
            }

            // Attribute names may be any bytes; Latin-1 keeps each byte.
            _records[Encoding.Latin1.GetString(record[..equal])] = record[(equal + 1)..].ToArray();
            content = content[(int)length..];
        }
    }

    public void ApplyTo(TarEntryHeader header)
    {
        foreach (var (key, value) in _records)
        {
            // An empty value takes the record back (POSIX.1 pax); attributes may be empty.
            if (value.Length == 0 && !key.StartsWith(AttributePrefix, StringComparison.Ordinal))
            {
                continue;
            }

            Apply(header, key, value);
        }

        ApplySparse(header);
    }

    private void Apply(TarEntryHeader header, string key, byte[] value)
    {
        switch (key)
        {
            case "path":
                header.Name = value;
                break;
            case "linkpath":
                header.LinkName = value;
                break;
            case "size":
                header.Size = Number(key, value);
                break;
            case "uid":
                header.User = Number(key, value);
                break;
            case "gid":
                header.Group = Number(key, value);
                break;
            case "mtime":
                header.Modified = TarNumbers.TryParseTime(value, out var time) ? time : throw faults.Corrupt("an extended header's mtime is no time");
                break;
            default:
                if (key.StartsWith(AttributePrefix, StringComparison.Ordinal))
                {
                    header.Attributes.Add((Encoding.Latin1.GetBytes(key[AttributePrefix.Length..]), value));
                }

                break;
        }
    }

    /// <summary>pax forms 0.1 (the map in a record) and 1.0 (the map in the content).</summary>
    private void ApplySparse(TarEntryHeader header)
    {
        bool inContent = _records.TryGetValue("GNU.sparse.major", out byte[]? major) && major is [(byte)'1'];
        bool inRecord = _records.TryGetValue("GNU.sparse.map", out byte[]? map);
        if (!inContent && !inRecord)
        {
            if (_records.ContainsKey("GNU.sparse.offset"))
            {
                throw new ImageException(ImageErrorKind.UnsupportedMedia, faults.Subject, "it holds a file with holes in the form 0.0 of GNU tar", "Export the image again with tar 1.16 or later");
            }

            return;
        }

        header.Name = _records.GetValueOrDefault("GNU.sparse.name", header.Name);
        byte[]? size = _records.GetValueOrDefault(inContent ? "GNU.sparse.realsize" : "GNU.sparse.size");
        var sparse = new SparseMap { MapInContent = inContent, FileSize = size is null ? throw faults.Corrupt("a file with holes has no size") : Number("GNU.sparse.realsize", size) };
        header.Sparse = sparse;
        if (inRecord && !inContent)
        {
            string[] numbers = Encoding.Latin1.GetString(map!).Split(',');
            for (int at = 0; at + 1 < numbers.Length; at += 2)
            {
                if (!sparse.TryAdd(Number("GNU.sparse.map", Encoding.Latin1.GetBytes(numbers[at])), Number("GNU.sparse.map", Encoding.Latin1.GetBytes(numbers[at + 1]))))
                {
                    throw faults.Corrupt("a map of holes is not in order");
                }
            }
        }
    }

    private long Number(string key, ReadOnlySpan<byte> value) =>
        TarNumbers.TryParseDecimal(value, out long number) ? number : throw faults.Corrupt($"the record {key} of an extended header is no number");
}
