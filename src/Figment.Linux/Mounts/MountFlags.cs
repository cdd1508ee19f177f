namespace Figment.Linux.Mounts;

/// <summary>MS_* (mount(2)).</summary>
[Flags]
public enum MountFlags : ulong
{
    None = 0,
    ReadOnly = 1,
    NoSetUser = 2,
    NoDevices = 4,
    NoExecute = 8,
    Remount = 32,
    Bind = 4096,
    Recursive = 16384,
    Private = 1 << 18,
    Slave = 1 << 19,
    Shared = 1 << 20,
    StrictAccessTime = 1 << 24,
}
