using System.Globalization;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Native;

namespace Figment.Linux.Mounts;

/// <summary>
/// Mounts of the calling thread's mount namespace. A mount is made detached, as a descriptor, wherever its source must be found by another root than its target:
/// so no symbolic link of an image can lead a path out of the machine.
/// </summary>
public static unsafe class MountCalls
{
    private static readonly bool s_namesOneByOne = Environment.OSVersion.Version >= new Version(6, 7);

    /// <summary>
    /// What some kernels do by themselves. Without these an upper folder means the same on every node (AttributeRules), and no folder shows what another has.
    /// </summary>
    private static readonly (string Key, string Value)[] s_overlayOptions = [("redirect_dir", "nofollow"), ("metacopy", "off"), ("index", "off")];

    /// <summary>The calling thread, which must be one made for it, gets new namespaces (unshare(2)).</summary>
    public static void Separate(NamespaceKind kinds) =>
        LinuxException.ThrowIfNegative(Libc.unshare((int)kinds), "unshare(2)", $"{kinds}");

    /// <summary>mount(2).</summary>
    public static void Mount(string? source, string target, string? type, MountFlags flags, string? data = null)
    {
        if (Libc.mount(source, target, type, (nuint)(ulong)flags, data) != 0)
        {
            throw LinuxException.Last("mount(2)", $"{type ?? source ?? "again"} on {target} ({flags}{(data is null ? "" : ", " + data)})");
        }
    }

    /// <summary>A copy of a mount, or of the whole tree below it, not attached anywhere (open_tree(2)).</summary>
    public static Descriptor Clone(string path, bool recursive) =>
        Checked(Call(Libc.SYS_open_tree, Libc.AT_FDCWD, path, Libc.OPEN_TREE_CLONE | Libc.OPEN_TREE_CLOEXEC | (recursive ? Libc.AT_RECURSIVE : 0)), "open_tree(2)", path);

    /// <summary>Attaches a detached mount (move_mount(2)).</summary>
    public static void Attach(Descriptor mount, string target)
    {
        fixed (byte* to = Text(target))
        fixed (byte* empty = "\0"u8)
        {
            LinuxException.ThrowIfNegative(
                Libc.syscall(Libc.SYS_move_mount, mount.Number, (nint)empty, Libc.AT_FDCWD, (nint)to, Libc.MOVE_MOUNT_F_EMPTY_PATH, 0), "move_mount(2)", $"to {target}");
        }
    }

    /// <summary>Changes a detached tree (mount_setattr(2)).</summary>
    public static void Restrict(Descriptor mount, bool readOnly, bool noDevices, MountFlags propagation)
    {
        var change = new Libc.MountAttr
        {
            attr_set = (readOnly ? Libc.MOUNT_ATTR_RDONLY : 0) | (noDevices ? Libc.MOUNT_ATTR_NODEV : 0),
            propagation = (ulong)propagation,
        };
        fixed (byte* empty = "\0"u8)
        {
            LinuxException.ThrowIfNegative(
                Libc.syscall(Libc.SYS_mount_setattr, mount.Number, (nint)empty, Libc.AT_EMPTY_PATH | Libc.AT_RECURSIVE, (nint)(&change), sizeof(Libc.MountAttr), 0),
                "mount_setattr(2)",
                $"mount {mount.Number}");
        }
    }

    /// <summary>
    /// An overlay, detached (fsopen(2)): folders are named one by one, so their names together may be longer than the page that mount(2) takes.
    /// </summary>
    /// <param name="lower">Topmost first.</param>
    /// <param name="upper">Null: read-only.</param>
    /// <param name="work">Beside <paramref name="upper"/>.</param>
    public static Descriptor Overlay(IReadOnlyList<string> lower, string? upper, string? work)
    {
        using var context = Checked(Call(Libc.SYS_fsopen, "overlay", Libc.FSOPEN_CLOEXEC), "fsopen(2)", "overlay");
        Configure(context, "source", "overlay");
        foreach (var (key, value) in s_overlayOptions)
        {
            Configure(context, key, value);
        }

        string what = $"overlay of {string.Join(':', lower)} with {upper}";
        if (!s_namesOneByOne)
        {
            return OverlayByNumbers(context, lower, upper, work, what);
        }

        foreach (string folder in lower)
        {
            Configure(context, "lowerdir+", folder);
        }

        if (upper is not null && work is not null)
        {
            Configure(context, "upperdir", upper);
            Configure(context, "workdir", work);
        }

        return Create(context, what);
    }

    /// <summary>
    /// Kernels before 6.7 take all lower folders in one value of 255 bytes, and no comma in any: folders are opened and named by their numbers, relative to the folder of open files.
    /// That is enough for some sixty.
    /// </summary>
    private static Descriptor OverlayByNumbers(Descriptor context, IReadOnlyList<string> lower, string? upper, string? work, string what)
    {
        const int ValueBytesMax = 255;
        const int Folder = FileCalls.O_PATH | FileCalls.O_DIRECTORY;
        var open = new List<Descriptor>();
        using var here = FileCalls.Open(".", Folder);
        try
        {
            string Number(string folder)
            {
                open.Add(FileCalls.Open(folder, Folder));
                return open[^1].Number.ToString(CultureInfo.InvariantCulture);
            }

            string value = string.Join(':', lower.Select(Number));
            if (value.Length > ValueBytesMax)
            {
                throw new LinuxException(Errno.E2BIG, "fsconfig(2)", $"{lower.Count} layers, more than kernels before 6.7 can lay over each other");
            }

            Configure(context, "lowerdir", value);
            if (upper is not null && work is not null)
            {
                Configure(context, "upperdir", Number(upper));
                Configure(context, "workdir", Number(work));
            }

            LinuxException.ThrowIfNegative(Libc.chdir("/proc/self/fd"), "chdir(2)", "/proc/self/fd");
            return Create(context, what);
        }
        finally
        {
            _ = Libc.fchdir(here.Number);
            open.ForEach(folder => folder.Dispose());
        }
    }

    private static Descriptor Create(Descriptor context, string what)
    {
        LinuxException.ThrowIfNegative(Libc.syscall(Libc.SYS_fsconfig, context.Number, Libc.FSCONFIG_CMD_CREATE, 0, 0, 0, 0), "fsconfig(2)", what);
        return Checked(
            Libc.syscall(Libc.SYS_fsmount, context.Number, Libc.FSMOUNT_CLOEXEC, (nint)Libc.MOUNT_ATTR_NODEV, 0, 0, 0), "fsmount(2)", "overlay");
    }

    /// <summary>The folder <paramref name="root"/> (a mount) becomes the calling thread's root; the old one is gone from its namespace.</summary>
    public static void PivotRoot(string root)
    {
        LinuxException.ThrowIfNegative(Libc.chdir(root), "chdir(2)", root);
        fixed (byte* here = ".\0"u8)
        {
            LinuxException.ThrowIfNegative(Libc.syscall(Libc.SYS_pivot_root, (nint)here, (nint)here, 0, 0, 0, 0), "pivot_root(2)", root);
        }

        // The old root is stacked over the new one and taken off again.
        LinuxException.ThrowIfNegative(Libc.umount2(".", Libc.MNT_DETACH), "umount2(2)", "old root");
        LinuxException.ThrowIfNegative(Libc.chdir("/"), "chdir(2)", "/");
    }

    /// <summary>Opens a path as if <paramref name="root"/> were <c>/</c>, symbolic links included (openat2(2)); null if it does not exist.</summary>
    public static Descriptor? OpenInRoot(Descriptor root, string path)
    {
        var how = new Libc.OpenHow { flags = (ulong)(FileCalls.O_PATH | FileCalls.O_CLOEXEC), resolve = Libc.RESOLVE_IN_ROOT };
        fixed (byte* text = Text(path))
        {
            nint opened = Libc.syscall(Libc.SYS_openat2, root.Number, (nint)text, (nint)(&how), sizeof(Libc.OpenHow), 0, 0);
            if (opened >= 0)
            {
                return new Descriptor((int)opened);
            }
        }

        var error = LinuxException.Last("openat2(2)", path);
        return error.Error is Errno.ENOENT or Errno.ENOTDIR ? null : throw error;
    }

    /// <summary>Names of the calling thread's UTS namespace.</summary>
    public static void SetHostName(string name, string? domain)
    {
        LinuxException.ThrowIfNegative(Libc.sethostname(name, (nuint)Encoding.UTF8.GetByteCount(name)), "sethostname(2)", name);
        if (domain is not null)
        {
            LinuxException.ThrowIfNegative(Libc.setdomainname(domain, (nuint)Encoding.UTF8.GetByteCount(domain)), "setdomainname(2)", domain);
        }
    }

    public static void ChangeOwner(Descriptor descriptor, uint user, uint group) =>
        LinuxException.ThrowIfNegative(Libc.fchown(descriptor.Number, user, group), "fchown(2)", $"descriptor {descriptor.Number}");

    public static void ChangeMode(string path, int mode) =>
        LinuxException.ThrowIfNegative(Libc.chmod(path, (uint)mode), "chmod(2)", path);

    private static void Configure(Descriptor context, string key, string value)
    {
        fixed (byte* name = Text(key))
        fixed (byte* text = Text(value))
        {
            LinuxException.ThrowIfNegative(
                Libc.syscall(Libc.SYS_fsconfig, context.Number, Libc.FSCONFIG_SET_STRING, (nint)name, (nint)text, 0, 0), "fsconfig(2)", $"{key}={value}");
        }
    }

    private static nint Call(int number, string path, nint flags)
    {
        fixed (byte* text = Text(path))
        {
            return Libc.syscall(number, (nint)text, flags, 0, 0, 0, 0);
        }
    }

    private static nint Call(int number, nint folder, string path, nint flags)
    {
        fixed (byte* text = Text(path))
        {
            return Libc.syscall(number, folder, (nint)text, flags, 0, 0, 0);
        }
    }

    private static Descriptor Checked(nint number, string call, string on) =>
        new((int)LinuxException.ThrowIfNegative(number, call, on));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + '\0');
}
