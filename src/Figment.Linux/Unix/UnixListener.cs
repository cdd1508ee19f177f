using System.Globalization;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
using Figment.Linux.Native;

namespace Figment.Linux.Unix;

/// <summary>A Unix stream socket that listens at a path of any length (unix(7)); only its owner may connect. One thread accepts.</summary>
public sealed unsafe class UnixListener : IDisposable
{
    private const int AF_UNIX = 1;
    private const int SO_PEERCRED = 17;
    private const int PathBytesMax = 108;
    private const int Backlog = 64;

    /// <summary>rw-------.</summary>
    private const int OwnerOnly = 0x180;

    private readonly Descriptor _socket;
    private readonly string _path;

    /// <param name="path">What is there already is replaced: it is from one that died.</param>
    public UnixListener(string path)
    {
        _path = path;
        _socket = NewSocket();

        // The path appears when somebody can connect to it, not before.
        string early = path + ".new";
        File.Delete(early);

        // The name in the address is short, whatever the folder's is.
        using var folder = FileCalls.Open(Path.GetDirectoryName(path)!, FileCalls.O_PATH | FileCalls.O_DIRECTORY);
        byte* address = stackalloc byte[PathBytesMax + 2];
        int length = Write(ShortName(folder, early), new Span<byte>(address, PathBytesMax + 2));
        LinuxException.ThrowIfNegative(Libc.bind(_socket.Number, address, (uint)length), "bind(2)", early);
        MountCalls.ChangeMode(early, OwnerOnly);
        LinuxException.ThrowIfNegative(Libc.listen(_socket.Number, Backlog), "listen(2)", early);
        File.Move(early, path, overwrite: true);
    }

    /// <summary>Readable when somebody waits.</summary>
    public Descriptor Descriptor => _socket;

    /// <summary>Connects to a listener at a path of any length.</summary>
    public static Descriptor Connect(string path)
    {
        var socket = NewSocket();
        try
        {
            using var folder = FileCalls.Open(Path.GetDirectoryName(path)!, FileCalls.O_PATH | FileCalls.O_DIRECTORY);
            byte* address = stackalloc byte[PathBytesMax + 2];
            int length = Write(ShortName(folder, path), new Span<byte>(address, PathBytesMax + 2));
            LinuxException.ThrowIfNegative(Libc.connect(socket.Number, address, (uint)length), "connect(2)", path);
            return socket;
        }
        catch (LinuxException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The next connection, blocking, and who made it.</summary>
    public (Descriptor Socket, uint User) Accept()
    {
        var accepted = new Descriptor(LinuxException.ThrowIfNegative(Libc.accept4(_socket.Number, null, null, Libc.SOCK_CLOEXEC), "accept4(2)", _path));
        uint* credentials = stackalloc uint[3];
        uint length = 3 * sizeof(uint);
        LinuxException.ThrowIfNegative(Libc.getsockopt(accepted.Number, Libc.SOL_SOCKET, SO_PEERCRED, credentials, &length), "getsockopt(2) SO_PEERCRED", _path);
        return (accepted, credentials[1]);
    }

    public void Dispose()
    {
        File.Delete(_path);
        _socket.Dispose();
    }

    private static Descriptor NewSocket() =>
        new(LinuxException.ThrowIfNegative(Libc.socket(AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0), "socket(2)", "AF_UNIX"));

    private static string ShortName(Descriptor folder, string path) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{folder.Number}/{Path.GetFileName(path)}");

    private static int Write(string name, Span<byte> into)
    {
        into.Clear();
        into[0] = AF_UNIX;
        return 2 + Encoding.UTF8.GetBytes(name, into[2..^1]) + 1;
    }
}
