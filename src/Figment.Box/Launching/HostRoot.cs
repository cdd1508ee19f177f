using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
using Figment.Model.Control;

namespace Figment.Box.Launching;

/// <summary>
/// <c>root: host</c>: the node's own root beneath an overlay. An overlay of <c>/</c> does not hold what is mounted below <c>/</c>: each such mount gets an overlay of its own,
/// or, where its file system cannot be one, is bound read-only.
/// </summary>
internal static class HostRoot
{
    /// <summary>Folders that tell of, or lead to, other programs of the node: empty in the machine.</summary>
    private static readonly string[] Emptied = ["/run", "/tmp", "/var/tmp"];

    /// <summary>Made anew for the machine, or never shown.</summary>
    private static readonly string[] Replaced = ["/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/run", "/var/lock"];

    /// <summary>A mount below the node's root. Without an overlay it is read-only.</summary>
    internal sealed record Submount(Descriptor Mount, string Target, WritableOverlay? Overlay);

    /// <summary>The mounts below <c>/</c> that the machine should see, detached.</summary>
    public static IReadOnlyList<Submount> Submounts(BoxMessage.Launch launch, Action<string> warn)
    {
        List<Submount> mounts = [];
        foreach (var (index, target) in MountPoints(File.ReadLines("/proc/thread-self/mountinfo"), Hidden(launch)).Index())
        {
            if (!Directory.Exists(target))
            {
                continue;
            }

            var overlay = new WritableOverlay(Path.Combine(launch.Machine.Root.OverlayDirectory, $"mount-{index}"));
            try
            {
                mounts.Add(new Submount(overlay.Make([target]), target, overlay));
            }
            catch (LinuxException exception)
            {
                warn($"{target} is read-only in the machine, its file system cannot lie beneath an overlay: {exception.Message}");
                var tree = MountCalls.Clone(target, recursive: false);
                MountCalls.Restrict(tree, readOnly: true, noDevices: true, MountFlags.Private);
                mounts.Add(new Submount(tree, target, null));
            }
        }

        return mounts;
    }

    /// <summary>Empties what must not be seen. The calling thread's root is the machine's.</summary>
    public static void Hide(BoxMessage.Launch launch)
    {
        foreach (string folder in Emptied.Where(folder => Directory.Exists(folder) && new DirectoryInfo(folder).LinkTarget is null))
        {
            MountCalls.Mount("tmpfs", folder, "tmpfs", MountFlags.NoSetUser | MountFlags.NoDevices, folder == "/run" ? "mode=755" : "mode=1777");
        }

        // What programs on Debian expect below /run.
        Directory.CreateDirectory("/run/lock");
        foreach (string folder in Private(launch).Where(Directory.Exists))
        {
            MountCalls.Mount("tmpfs", folder, "tmpfs", MountFlags.ReadOnly | MountFlags.NoSetUser | MountFlags.NoDevices | MountFlags.NoExecute, "mode=0,size=4k");
        }
    }

    /// <summary>Mount points of mountinfo in order, without those at or below <paramref name="hidden"/>.</summary>
    internal static IEnumerable<string> MountPoints(IEnumerable<string> lines, IReadOnlyList<string> hidden) =>
        MountTable.Parse(lines)
            .Select(mount => mount.Path)
            .Where(path => path != "/" && !hidden.Any(folder => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal)))
            .Distinct();

    private static List<string> Hidden(BoxMessage.Launch launch) => [.. Replaced, .. Private(launch)];

    /// <summary>Figment's own folders: the state root holds every application's secrets.</summary>
    private static IEnumerable<string> Private(BoxMessage.Launch launch) =>
        new[] { StateRoot(launch.StateDirectory), StateRoot(launch.RuntimeDirectory), launch.Machine.Root.OverlayDirectory }.Distinct();

    /// <summary><c>ROOT/apps/APP/machines/M</c> is below ROOT; another shape stands for itself.</summary>
    internal static string StateRoot(string machineFolder)
    {
        string[] parts = machineFolder.TrimEnd('/').Split('/');
        return parts is [.. var root, "apps", _, "machines", _] && root.Length > 1 ? string.Join('/', root) : machineFolder;
    }
}
