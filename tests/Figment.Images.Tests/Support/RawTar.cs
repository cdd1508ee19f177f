using System.Globalization;
using System.Text;

namespace Figment.Images.Tests.Support;

/// <summary>Writes tar headers byte by byte: what no library would write.</summary>
internal sealed class RawTar
{
    private readonly List<byte> _content = [];

    public RawTar Header(string name, char type, byte[] content, string link = "") => Header(Encoding.UTF8.GetBytes(name), type, content, link);

    public RawTar Header(byte[] name, char type, byte[] content, string link = "")
    {
        byte[] block = new byte[512];
        name.AsSpan(0, Math.Min(name.Length, 100)).CopyTo(block);
        Put(block, 100, "0000644\0");
        Put(block, 108, "0000000\0");
        Put(block, 116, "0000000\0");
        Put(block, 124, Convert.ToString(content.Length, 8).PadLeft(11, '0') + "\0");
        Put(block, 136, "13600000000\0");
        block[156] = (byte)type;
        Put(block, 157, link);
        Put(block, 257, "ustar\000");
        return Block(block).Content(content);
    }

    /// <summary>A whole header block; the checksum is filled in.</summary>
    public RawTar Block(byte[] block)
    {
        Put(block, 148, "        ");
        int sum = block.Sum(value => value);
        Put(block, 148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        _content.AddRange(block);
        return this;
    }

    public RawTar Content(byte[] content)
    {
        _content.AddRange(content);
        _content.AddRange(new byte[(512 - (content.Length % 512)) % 512]);
        return this;
    }

    /// <summary>A pax extended header; each record is KEY=VALUE.</summary>
    public RawTar Extended(params byte[][] records)
    {
        using var content = new MemoryStream();
        foreach (byte[] record in records)
        {
            int length = record.Length + 2;
            length += (length + length.ToString(CultureInfo.InvariantCulture).Length).ToString(CultureInfo.InvariantCulture).Length;
            content.Write(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture) + " "));
            content.Write(record);
            content.WriteByte((byte)'\n');
        }

        return Header("extended", 'x', content.ToArray());
    }

    /// <summary>GNU's long name for the next header.</summary>
    public RawTar LongName(string name) => Header("././@LongLink", 'L', Encoding.UTF8.GetBytes(name + "\0"));

    public byte[] Build()
    {
        _content.AddRange(new byte[1024]);
        return _content.ToArray();
    }

    private static void Put(byte[] block, int at, string text) => Encoding.ASCII.GetBytes(text).CopyTo(block, at);
}
