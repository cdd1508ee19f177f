using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Figment.Linux.Cgroups;

/// <summary>A file of a control group that is kept open and read again and again: numbers in text (cgroups(7)). Any thread.</summary>
internal sealed class GroupFile : IDisposable
{
    /// <summary>cpu.stat, the longest that is read so, has about 300 bytes.</summary>
    private const int BytesMax = 512;

    private readonly SafeFileHandle _file;

    private GroupFile(SafeFileHandle file) => _file = file;

    /// <summary>Null: there is no such file.</summary>
    public static GroupFile? Open(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? new GroupFile(File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)) : null;
    }

    /// <param name="key">What stands before the number with a space between them; empty: the file begins with it.</param>
    /// <exception cref="IOException">The group is gone.</exception>
    public long Number(ReadOnlySpan<byte> key)
    {
        Span<byte> buffer = stackalloc byte[BytesMax];
        ReadOnlySpan<byte> text = buffer[..RandomAccess.Read(_file, buffer, 0)];
        int at = text.IndexOf(key);
        return at >= 0 && Utf8Parser.TryParse(text[(at + key.Length)..].TrimStart((byte)' '), out long number, out _)
            ? number
            : throw new InvalidDataException("a file of a control group has no number where one should be");
    }

    public void Dispose() => _file.Dispose();
}
