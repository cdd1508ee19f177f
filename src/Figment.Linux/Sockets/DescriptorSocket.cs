using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Sockets;

/// <summary>A Unix stream socket that carries bytes and descriptors (unix(7), SCM_RIGHTS). .NET's sockets cannot. Blocking; one reader and one writer at a time.</summary>
public static unsafe class DescriptorSocket
{
    /// <summary>More in one message is a fault of the sender; the kernel's own bound is 253.</summary>
    public const int DescriptorsMax = 64;

    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int MSG_CTRUNC = 0x8;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_CLOEXEC = 0x80000;

    private static readonly int HeaderBytes = sizeof(Libc.Cmsghdr);

    /// <summary>A connected pair, both close-on-exec.</summary>
    public static (Descriptor First, Descriptor Second) Pair()
    {
        int* ends = stackalloc int[2];
        LinuxException.ThrowIfNegative(Libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair(2)", "AF_UNIX");
        return (new Descriptor(ends[0]), new Descriptor(ends[1]));
    }

    /// <summary>Sends all bytes, the descriptors with the first of them. The descriptors stay the caller's.</summary>
    public static void Send(Descriptor socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bytes.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, DescriptorsMax);
        byte* control = stackalloc byte[HeaderBytes + (DescriptorsMax * sizeof(int))];
        while (!bytes.IsEmpty)
        {
            fixed (byte* start = bytes)
            {
                var io = new Libc.Iovec { iov_base = start, iov_len = (nuint)bytes.Length };
                var message = new Libc.Msghdr { msg_iov = &io, msg_iovlen = 1 };
                if (!descriptors.IsEmpty)
                {
                    var header = (Libc.Cmsghdr*)control;
                    header->cmsg_level = SOL_SOCKET;
                    header->cmsg_type = SCM_RIGHTS;
                    header->cmsg_len = (nuint)(HeaderBytes + (descriptors.Length * sizeof(int)));
                    descriptors.CopyTo(new Span<int>(control + HeaderBytes, descriptors.Length));
                    message.msg_control = control;
                    message.msg_controllen = (nuint)(HeaderBytes + (((descriptors.Length * sizeof(int)) + 7) & ~7));
                }

                nint sent = Libc.sendmsg(socket.Number, &message, MSG_NOSIGNAL);
                if (sent >= 0)
                {
                    bytes = bytes[(int)sent..];
                    descriptors = [];
                    continue;
                }
            }

            var error = LinuxException.Last("sendmsg(2)", $"Unix socket {socket.Number}");
            if (error.Error != Errno.EINTR)
            {
                throw error;
            }
        }
    }

    /// <summary>Receives some bytes, 0 at the end, and adds what descriptors came with them (close-on-exec).</summary>
    public static int Receive(Descriptor socket, Span<byte> buffer, ICollection<Descriptor> descriptors)
    {
        byte* control = stackalloc byte[HeaderBytes + (DescriptorsMax * sizeof(int))];
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var io = new Libc.Iovec { iov_base = start, iov_len = (nuint)buffer.Length };
                var message = new Libc.Msghdr
                {
                    msg_iov = &io,
                    msg_iovlen = 1,
                    msg_control = control,
                    msg_controllen = (nuint)(HeaderBytes + (DescriptorsMax * sizeof(int))),
                };
                nint count = Libc.recvmsg(socket.Number, &message, MSG_CMSG_CLOEXEC);
                if (count < 0)
                {
                    if (Marshal.GetLastPInvokeError() == (int)Errno.EINTR)
                    {
                        continue;
                    }

                    throw LinuxException.Last("recvmsg(2)", $"Unix socket {socket.Number}");
                }

                TakeDescriptors(in message, descriptors);
                if ((message.msg_flags & MSG_CTRUNC) != 0)
                {
                    throw new LinuxException(Errno.EMSGSIZE, "recvmsg(2)", $"more than {DescriptorsMax} descriptors in one message");
                }

                return (int)count;
            }
        }
    }

    private static void TakeDescriptors(in Libc.Msghdr message, ICollection<Descriptor> descriptors)
    {
        nuint offset = 0;
        while (offset + (nuint)HeaderBytes <= message.msg_controllen)
        {
            var header = (Libc.Cmsghdr*)(message.msg_control + offset);
            if (header->cmsg_len < (nuint)HeaderBytes)
            {
                return;
            }

            if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            {
                var numbers = new ReadOnlySpan<int>((byte*)header + HeaderBytes, (int)(header->cmsg_len - (nuint)HeaderBytes) / sizeof(int));
                foreach (int number in numbers)
                {
                    descriptors.Add(new Descriptor(number));
                }
            }

            offset += (header->cmsg_len + 7) & ~(nuint)7;
        }
    }
}
