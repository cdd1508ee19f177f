using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Files;

/// <summary>open(2) and its kin, for descriptors that .NET's file types do not offer.</summary>
public static class FileCalls
{
    private const int AT_FDCWD = -100;

    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_APPEND = 0x400;
    public const int O_NONBLOCK = 0x800;
    public const int O_DIRECTORY = 0x10000;
    public const int O_NOFOLLOW = 0x20000;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    /// <summary>Always close-on-exec.</summary>
    public static Descriptor Open(string path, int flags, int mode = 0)
    {
        while (true)
        {
            int number = Libc.open(path, flags | O_CLOEXEC, mode);
            if (number >= 0)
            {
                return new Descriptor(number);
            }

            var error = LinuxException.Last("open(2)", path);
            if (error.Error != Errno.EINTR)
            {
                throw error;
            }
        }
    }

    /// <summary>Returns 0 at the end of the file; repeats after EINTR.</summary>
    public static unsafe int Read(Descriptor descriptor, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                nint count = Libc.read(descriptor.Number, bytes, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                var error = LinuxException.Last("read(2)", $"descriptor {descriptor.Number}");
                if (error.Error != Errno.EINTR)
                {
                    throw error;
                }
            }
        }
    }

    /// <summary>Writes all of it; repeats after EINTR and short writes.</summary>
    public static unsafe void Write(Descriptor descriptor, ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            fixed (byte* bytes = buffer)
            {
                nint count = Libc.write(descriptor.Number, bytes, (nuint)buffer.Length);
                if (count >= 0)
                {
                    buffer = buffer[(int)count..];
                    continue;
                }
            }

            var error = LinuxException.Last("write(2)", $"descriptor {descriptor.Number}");
            if (error.Error != Errno.EINTR)
            {
                throw error;
            }
        }
    }

    /// <summary>A second name of a file.</summary>
    public static unsafe void Link(string file, string name)
    {
        fixed (byte* from = Encoding.UTF8.GetBytes(file + '\0'), to = Encoding.UTF8.GetBytes(name + '\0'))
        {
            LinuxException.ThrowIfNegative(Libc.linkat(AT_FDCWD, from, AT_FDCWD, to, 0), "linkat(2)", name);
        }
    }

    /// <summary>A pipe, both ends close-on-exec.</summary>
    public static unsafe (Descriptor Read, Descriptor Write) Pipe()
    {
        int* ends = stackalloc int[2];
        LinuxException.ThrowIfNegative(Libc.pipe2(ends, O_CLOEXEC), "pipe2(2)", "new pipe");
        return (new Descriptor(ends[0]), new Descriptor(ends[1]));
    }

    /// <summary>The number stands for that open file from now on (dup2(2)).</summary>
    public static void Replace(int number, Descriptor by) =>
        LinuxException.ThrowIfNegative(Libc.dup2(by.Number, number), "dup2(2)", $"descriptor {number}");

    /// <summary>A second number for the same open file, close-on-exec.</summary>
    /// <param name="descriptor">Stays the caller's.</param>
    /// <param name="least">The new number is this or above.</param>
    public static Descriptor Duplicate(Descriptor descriptor, int least = 3)
    {
        const int F_DUPFD_CLOEXEC = 1030;
        return new Descriptor(LinuxException.ThrowIfNegative(
            Libc.fcntl(descriptor.Number, F_DUPFD_CLOEXEC, least), "fcntl(2) F_DUPFD_CLOEXEC", $"descriptor {descriptor.Number}"));
    }
}
