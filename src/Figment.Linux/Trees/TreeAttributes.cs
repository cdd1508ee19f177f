using System.Buffers;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Trees;

/// <summary>Extended attributes of what is open, also with O_PATH alone: a FIFO can be looked at in no other way without a trace.</summary>
public static unsafe class TreeAttributes
{
    /// <summary>XATTR_NAME_MAX.</summary>
    public const int NameBytesMax = 255;

    /// <summary>XATTR_SIZE_MAX.</summary>
    public const int ValueBytesMax = 64 * 1024;

    /// <summary>XATTR_LIST_MAX: all names of a file, each with its zero.</summary>
    public const int ListBytesMax = 64 * 1024;

    /// <summary>Most files have none, or some short ones.</summary>
    private const int FewBytes = 512;

    /// <summary>What goes along with a copy (<see cref="AttributeRules"/>).</summary>
    /// <param name="file">Must not be a symbolic link: none of its attributes goes along.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="refused">Name of one that makes a copy impossible; null: there is none.</param>
    /// <exception cref="LinuxException">They cannot be read.</exception>
    public static List<TreeAttribute> ReadKept(Descriptor file, TreeEntryKind kind, out string? refused)
    {
        refused = null;
        List<TreeAttribute> kept = [];
        foreach (byte[] name in Names(file))
        {
            var treatment = AttributeRules.Of(kind, name);
            if (treatment == AttributeTreatment.Kept && Value(file, name) is { } value)
            {
                kept.Add(new TreeAttribute(name, value));
                treatment = AttributeRules.IsValue(name, value) ? treatment : AttributeTreatment.Refused;
            }

            refused ??= treatment == AttributeTreatment.Refused ? Encoding.UTF8.GetString(name) : null;
        }

        return kept;
    }

    /// <summary>All of them; none where the file system has no such thing.</summary>
    public static List<byte[]> Names(Descriptor file)
    {
        fixed (byte* path = PathOf(file))
        {
            byte* few = stackalloc byte[FewBytes];
            nint count = Libc.listxattr(path, few, FewBytes);
            if (count >= 0)
            {
                return Split(new ReadOnlySpan<byte>(few, (int)count));
            }

            var failure = LinuxException.Last("listxattr(2)", $"descriptor {file.Number}");
            if (failure.Error != Errno.ERANGE)
            {
                return failure.Error == Errno.EOPNOTSUPP ? [] : throw failure;
            }

            byte[] list = ArrayPool<byte>.Shared.Rent(ListBytesMax);
            fixed (byte* bytes = list)
            {
                count = LinuxException.ThrowIfNegative(Libc.listxattr(path, bytes, (nuint)list.Length), "listxattr(2)", $"descriptor {file.Number}");
            }

            var names = Split(list.AsSpan(0, (int)count));
            ArrayPool<byte>.Shared.Return(list);
            return names;
        }
    }

    /// <summary>Null: there is none of this name.</summary>
    public static byte[]? Value(Descriptor file, ReadOnlySpan<byte> name)
    {
        byte[] value = ArrayPool<byte>.Shared.Rent(ValueBytesMax);
        try
        {
            fixed (byte* path = PathOf(file), text = (byte[])[.. name, 0], bytes = value)
            {
                nint count = Libc.getxattr(path, text, bytes, ValueBytesMax);
                return count >= 0 ? value[..(int)count]
                    : LinuxException.Last("getxattr(2)", Encoding.UTF8.GetString(name)) is { Error: not Errno.ENODATA } failure ? throw failure
                    : null;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value);
        }
    }

    /// <summary>Makes or replaces one.</summary>
    public static Errno Set(Descriptor file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* path = PathOf(file), text = (byte[])[.. name, 0], bytes = value)
        {
            return TreeFolder.Outcome(Libc.setxattr(path, text, bytes, (nuint)value.Length, 0));
        }
    }

    private static byte[] PathOf(Descriptor file) => Encoding.ASCII.GetBytes($"/proc/self/fd/{file.Number}\0");

    private static List<byte[]> Split(ReadOnlySpan<byte> list)
    {
        List<byte[]> names = [];
        for (; !list.IsEmpty; list = list[(names[^1].Length + 1)..])
        {
            names.Add(list[..list.IndexOf((byte)0)].ToArray());
        }

        return names;
    }
}
