using System.Globalization;
using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Processes;

namespace Figment.Box.Checkpoints;

/// <summary>The Internet sockets that a machine's processes have open.</summary>
internal static class MachineSockets
{
    private const string SocketName = "socket:[";

    /// <summary>A duplicate of each, once for each descriptor; the caller's.</summary>
    public static IEnumerable<(Descriptor Socket, SocketIdentity Identity, uint Inode)> Of(MachineCgroup cgroup)
    {
        foreach (int pid in cgroup.Processes())
        {
            using var process = TryOpen(pid);
            if (process is null)
            {
                continue;
            }

            foreach (string path in Directory.EnumerateFiles($"/proc/{pid}/fd"))
            {
                if (new FileInfo(path).LinkTarget is not { } name || !name.StartsWith(SocketName, StringComparison.Ordinal)
                    || process.TakeDescriptor(int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)) is not { } socket)
                {
                    continue;
                }

                if (InternetSocket.TryIdentify(socket, out var identity) && (identity.IsTcp || identity.IsUdp))
                {
                    yield return (socket, identity, uint.Parse(name.AsSpan()[SocketName.Length..^1], CultureInfo.InvariantCulture));
                }
                else
                {
                    socket.Dispose();
                }
            }
        }
    }

    private static Pidfd? TryOpen(int pid)
    {
        try
        {
            return Pidfd.Open(pid);
        }
        catch (LinuxException exception) when (exception.Error == Errno.ESRCH)
        {
            return null;
        }
    }
}
