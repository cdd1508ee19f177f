using Microsoft.Win32.SafeHandles;

namespace Figment.Linux.Cgroups;

/// <summary>
/// Stops and goes on with all processes of a machine at once (cgroups(7)): by the unified tree where there is one, for there a killed process ends also while it is stopped,
/// else by the controller of version 1. What a thread waited for goes on where it was, but for calls that the kernel does not continue, as after a stop by a signal (signal(7)):
/// epoll_wait and its kin, and a receive with a time-out, return EINTR. One thread.
/// </summary>
public sealed class Freezer : IDisposable
{
    private const string UnifiedSwitch = "cgroup.freeze";

    private readonly SafeFileHandle _switch;
    private readonly SafeFileHandle? _events;

    private Freezer(SafeFileHandle @switch, SafeFileHandle? events) => (_switch, _events) = (@switch, events);

    /// <summary>Null: this system has neither.</summary>
    public static Freezer? Open(MachineCgroup group) => FolderOf(group) switch
    {
        null => null,
        var folder when folder == group.Unified => new Freezer(Open(folder, UnifiedSwitch, FileAccess.ReadWrite), Open(folder, "cgroup.events", FileAccess.Read)),
        var folder => new Freezer(Open(folder, "freezer.state", FileAccess.ReadWrite), null),
    };

    /// <summary>The folder by whose files it is done. Null: this system has neither.</summary>
    public static string? FolderOf(MachineCgroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        return group.Unified is { } unified && File.Exists(Path.Combine(unified, UnifiedSwitch)) ? unified : group.Folders.GetValueOrDefault("freezer");
    }

    /// <summary>True once every process stands still. False: not within this time (a process waits for a disk); then all go on.</summary>
    public bool Freeze(TimeSpan limit, TimeProvider time)
    {
        RandomAccess.Write(_switch, _events is null ? "FROZEN"u8 : "1"u8, 0);
        long start = time.GetTimestamp();
        var spin = new SpinWait();
        while (!IsFrozen())
        {
            if (time.GetElapsedTime(start) >= limit)
            {
                Thaw();
                return false;
            }

            spin.SpinOnce();
        }

        return true;
    }

    /// <summary>All go on.</summary>
    public void Thaw() => RandomAccess.Write(_switch, _events is null ? "THAWED"u8 : "0"u8, 0);

    public void Dispose()
    {
        _switch.Dispose();
        _events?.Dispose();
    }

    private static SafeFileHandle Open(string folder, string file, FileAccess access) => File.OpenHandle(Path.Combine(folder, file), FileMode.Open, access, FileShare.ReadWrite);

    private bool IsFrozen()
    {
        Span<byte> text = stackalloc byte[128];
        var read = text[..RandomAccess.Read(_events ?? _switch, text, 0)];
        return _events is null ? read.StartsWith("FROZEN"u8) : read.IndexOf("frozen 1"u8) >= 0;
    }
}
