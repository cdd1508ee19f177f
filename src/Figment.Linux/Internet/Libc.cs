using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_DGRAM = 2;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int IPPROTO_IP = 0;
    internal const int IPPROTO_TCP = 6;
    internal const int IPPROTO_UDP = 17;
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPPROTO_MPTCP = 262;
    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_TYPE = 3;
    internal const int SO_ERROR = 4;
    internal const int SO_ACCEPTCONN = 30;
    internal const int TCP_INFO = 11;
    internal const int TCP_REPAIR = 19;
    internal const nuint SIOCINQ = 0x541b;
    internal const nuint SIOCOUTQ = 0x5411;
    internal const int SO_MARK = 36;
    internal const int SO_PROTOCOL = 38;
    internal const int SO_DOMAIN = 39;
    internal const int SO_COOKIE = 57;
    internal const int IP_TRANSPARENT = 19;
    internal const int IPV6_V6ONLY = 26;
    internal const int IPV6_TRANSPARENT = 75;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int SHUT_WR = 1;
    internal const int SHUT_RDWR = 2;
    internal const int PIDFD_THREAD = 0x80;
    internal const uint SPLICE_F_MOVE = 1;
    internal const uint SPLICE_F_NONBLOCK = 2;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);
}
