using Figment.Linux.Files;
using Figment.Linux.Mounts;

namespace Figment.Box.Launching;

/// <summary>
/// <c>/dev</c> of a machine. The device files are the node's own, bound one by one; every other mount of the machine refuses device files,
/// so one that a program makes itself (CAP_MKNOD) opens nothing.
/// </summary>
internal sealed class MachineDevices : IDisposable
{
    private const long SharedMemoryBytesDefault = 64 * 1024 * 1024;

    /// <summary>The group <c>tty</c> on every distribution, which devpts gives its files to.</summary>
    private const int TerminalGroup = 5;

    private static readonly string[] Nodes = ["null", "zero", "full", "random", "urandom", "tty"];

    private readonly List<(Descriptor Mount, string Name)> _nodes = [];

    /// <summary>Takes the node's device files; the calling thread still has the node's root.</summary>
    public MachineDevices()
    {
        foreach (string name in Nodes)
        {
            _nodes.Add((MountCalls.Clone("/dev/" + name, recursive: false), name));
        }
    }

    /// <summary>Fills <c>/dev</c> of the calling thread's root.</summary>
    public void Mount(long? sharedMemoryBytes)
    {
        const MountFlags Plain = MountFlags.NoSetUser | MountFlags.NoDevices | MountFlags.NoExecute;
        Directory.CreateDirectory("/dev");
        MountCalls.Mount("tmpfs", "/dev", "tmpfs", MountFlags.NoSetUser | MountFlags.NoDevices | MountFlags.StrictAccessTime, "mode=755,size=64k");
        foreach (var (mount, name) in _nodes)
        {
            File.WriteAllBytes("/dev/" + name, []);
            MountCalls.Attach(mount, "/dev/" + name);
        }

        Directory.CreateDirectory("/dev/pts");
        MountCalls.Mount("devpts", "/dev/pts", "devpts", MountFlags.NoSetUser | MountFlags.NoExecute, $"newinstance,ptmxmode=0666,mode=0620,gid={TerminalGroup}");
        Directory.CreateDirectory("/dev/shm");
        MountCalls.Mount("shm", "/dev/shm", "tmpfs", Plain, $"mode=1777,size={sharedMemoryBytes ?? SharedMemoryBytesDefault}");
        Directory.CreateDirectory("/dev/mqueue");
        MountCalls.Mount("mqueue", "/dev/mqueue", "mqueue", Plain);
        foreach (var (link, target) in new[] { ("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2") })
        {
            File.CreateSymbolicLink("/dev/" + link, target);
        }
    }

    public void Dispose()
    {
        foreach (var (mount, _) in _nodes)
        {
            mount.Dispose();
        }
    }
}
