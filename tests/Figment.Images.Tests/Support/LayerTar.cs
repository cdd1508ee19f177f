using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using ZstdSharp;

namespace Figment.Images.Tests.Support;

/// <summary>Makes a layer entry by entry.</summary>
internal sealed class LayerTar
{
    private readonly List<PaxTarEntry> _entries = [];

    public static DateTimeOffset Time { get; } = new(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public LayerTar File(string name, string text = "", int mode = 0x1A4, int user = 0, int group = 0, params (string Name, string Value)[] attributes) =>
        Bytes(name, Encoding.UTF8.GetBytes(text), mode, user, group, attributes);

    public LayerTar Bytes(string name, byte[] content, int mode = 0x1A4, int user = 0, int group = 0, params (string Name, string Value)[] attributes)
    {
        var entry = Entry(TarEntryType.RegularFile, name, mode, user, group, attributes);
        entry.DataStream = new MemoryStream(content);
        return Add(entry);
    }

    public LayerTar Folder(string name, int mode = 0x1ED, int user = 0, int group = 0, params (string Name, string Value)[] attributes) =>
        Add(Entry(TarEntryType.Directory, name, mode, user, group, attributes));

    public LayerTar Link(string name, string target) => Linked(TarEntryType.SymbolicLink, name, target);

    public LayerTar HardLink(string name, string target) => Linked(TarEntryType.HardLink, name, target);

    public LayerTar Fifo(string name) => Add(Entry(TarEntryType.Fifo, name, 0x1A4, 0, 0, []));

    public LayerTar Device(TarEntryType type, string name, int major, int minor)
    {
        var entry = Entry(type, name, 0x1B6, 0, 0, []);
        entry.DeviceMajor = major;
        entry.DeviceMinor = minor;
        return Add(entry);
    }

    public byte[] Build()
    {
        using var content = new MemoryStream();
        using (var writer = new TarWriter(content, TarEntryFormat.Pax, leaveOpen: true))
        {
            _entries.ForEach(writer.WriteEntry);
        }

        return content.ToArray();
    }

    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            stream.Write(content);
        }

        return packed.ToArray();
    }

    public static byte[] Zstd(byte[] content)
    {
        using var compressor = new Compressor();
        return compressor.Wrap(content).ToArray();
    }

    private static PaxTarEntry Entry(TarEntryType type, string name, int mode, int user, int group, (string Name, string Value)[] attributes) =>
        new(type, name, attributes.ToDictionary(attribute => attribute.Name, attribute => attribute.Value))
        {
            Mode = (UnixFileMode)mode,
            Uid = user,
            Gid = group,
            ModificationTime = Time,
        };

    private LayerTar Linked(TarEntryType type, string name, string target)
    {
        var entry = Entry(type, name, 0x1FF, 0, 0, []);
        entry.LinkName = target;
        return Add(entry);
    }

    private LayerTar Add(PaxTarEntry entry)
    {
        _entries.Add(entry);
        return this;
    }
}
