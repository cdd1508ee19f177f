using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Box.Launching;

/// <summary>
/// The file system of a machine. First, with the node's root, every source is taken as a detached mount. Then <see cref="Enter"/> makes the overlay the root
/// and attaches them, so that no symbolic link of an image leads out of it. On the launch thread, in the machine's new mount namespace, where nothing else is said.
/// </summary>
internal sealed class MachineRoot(BoxMessage.Launch launch, Action<string> warn) : IDisposable
{
    /// <summary>Where <c>init: true</c> puts its init.</summary>
    public const string InitPath = "/dev/init";

    private const string InitSource = "/usr/bin/tini-static";
    private const MountFlags Plain = MountFlags.NoSetUser | MountFlags.NoDevices | MountFlags.NoExecute;
    private static readonly string[] MaskedInSys = ["/sys/firmware", "/sys/devices/virtual/powercap"];

    private readonly List<(Descriptor Mount, string Target, bool IsFolder)> _binds = [];
    private readonly List<(Descriptor Mount, string Controller)> _groups = [];
    private IReadOnlyList<HostRoot.Submount> _submounts = [];
    private Descriptor? _overlay;
    private WritableOverlay? _own;
    private MachineDevices? _devices;
    private Descriptor? _init;

    private MachineLaunch Machine => launch.Machine;

    /// <summary>Where it stands in the mount namespace in which it is made.</summary>
    public string Merged => Path.Combine(Machine.Root.OverlayDirectory, "merged");

    /// <summary>What is written in it, over what is read. On any thread, with the node's root.</summary>
    public void MakeOverlay()
    {
        Directory.CreateDirectory(Merged);
        var own = new WritableOverlay(Machine.Root.OverlayDirectory);
        _overlay = own.Make(Machine.Root.LowerDirectories);
        _own = own;
    }

    /// <summary>Removes what earlier overlays left. On any thread, with the node's root; nobody waits for it.</summary>
    public void Tidy()
    {
        try
        {
            foreach (var overlay in _submounts.Select(mount => mount.Overlay).Append(_own))
            {
                overlay?.Tidy();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            warn($"an earlier overlay's folder stays: {exception.Message}");
        }
    }

    /// <summary>On any thread, with the node's root.</summary>
    public void PrepareGroups(MachineCgroup cgroup)
    {
        foreach (var (controller, folder) in cgroup.Folders)
        {
            var tree = MountCalls.Clone(folder, recursive: false);
            MountCalls.Restrict(tree, readOnly: true, noDevices: true, MountFlags.Private);
            _groups.Add((tree, controller));
        }
    }

    /// <summary>The sources that are the same for every machine.</summary>
    public void Prepare()
    {
        // What the node mounts later is seen below binds that ask for it, and nothing that is mounted here reaches the node.
        MountCalls.Mount(null, "/", null, MountFlags.Slave | MountFlags.Recursive);
        _submounts = Machine.Root.Host ? HostRoot.Submounts(launch, warn) : [];
        _devices = new MachineDevices();
        foreach (var (source, target) in EtcFiles.Write(launch).Where(file => Machine.Mounts.All(mount => mount.Target != file.Target)))
        {
            AddBind(source, target, readOnly: false, MountFlags.Private);
        }

        if (EtcFiles.WriteGeneration(launch) is { } generation)
        {
            AddBind(generation, EtcFiles.GenerationTarget, readOnly: true, MountFlags.Private);
        }

        if (Machine.Program.Init)
        {
            _init = File.Exists(InitSource)
                ? MountCalls.Clone(InitSource, recursive: false)
                : throw new LaunchFailedException(LaunchFailedException.Machine, $"init: true needs {InitSource}, which is not there; install it: apt-get install tini");
        }
    }

    /// <summary>The sources of its own mounts, once there is the overlay.</summary>
    /// <param name="fill">An empty volume is filled from it.</param>
    public void PrepareMounts(bool fill)
    {
        MountCalls.Attach(_overlay!, Merged);
        using var root = FileCalls.Open(Merged, FileCalls.O_PATH | FileCalls.O_DIRECTORY);
        foreach (var mount in Machine.Mounts.Where(mount => mount.Kind != MountKind.Tmpfs))
        {
            PrepareMount(root, mount, fill);
        }
    }

    /// <summary>Makes it the calling thread's root.</summary>
    public void Enter()
    {
        MountCalls.PivotRoot(Merged);
        if (Machine.Root.Host)
        {
            foreach (var submount in _submounts)
            {
                MountCalls.Attach(submount.Mount, submount.Target);
            }

            HostRoot.Hide(launch);
        }

        Directory.CreateDirectory("/proc");
        _devices!.Mount(Machine.Resources.ShmSizeBytes);
        MountSys();
        if (_init is not null)
        {
            File.WriteAllBytes(InitPath, []);
            MountCalls.Attach(_init, InitPath);
        }

        AttachMounts();
        CreateWorkingDirectory();
        if (Machine.Root.ReadOnly)
        {
            MountCalls.Mount(null, "/", null, MountFlags.Remount | MountFlags.Bind | MountFlags.ReadOnly | MountFlags.NoDevices);
        }
    }

    public void Dispose()
    {
        foreach (var mount in _binds.Select(bind => bind.Mount).Concat(_groups.Select(group => group.Mount)).Concat(_submounts.Select(mount => mount.Mount)))
        {
            mount.Dispose();
        }

        _overlay?.Dispose();
        _devices?.Dispose();
        _init?.Dispose();
    }

    private void PrepareMount(Descriptor root, MountLaunch mount, bool fill)
    {
        if (mount.Source is not { Length: > 0 } source || !Path.Exists(source))
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, $"mount {mount.Target}: {mount.Source} does not exist on the node; make it, or take the mount out of the Compose file");
        }

        if (fill && mount.Kind == MountKind.Volume && mount.CopyUp)
        {
            VolumeFilling.FillIfEmpty(root, mount.Target, source);
        }

        var propagation = mount.Propagation switch
        {
            null or "private" or "rprivate" => MountFlags.Private,
            "slave" or "rslave" => MountFlags.Slave,
            _ => MountFlags.None,
        };
        if (propagation == MountFlags.None)
        {
            warn($"mount {mount.Target}: propagation {mount.Propagation} is not to be had, a machine's mounts never reach the node; it is rslave instead");
            propagation = MountFlags.Slave;
        }

        AddBind(source, mount.Target, mount.ReadOnly, propagation);
    }

    private void AddBind(string source, string target, bool readOnly, MountFlags propagation)
    {
        var tree = MountCalls.Clone(source, recursive: true);
        MountCalls.Restrict(tree, readOnly, noDevices: true, propagation);
        _binds.Add((tree, target, Directory.Exists(source)));
    }

    private void MountSys()
    {
        Directory.CreateDirectory("/sys");
        MountCalls.Mount("sysfs", "/sys", "sysfs", Plain | MountFlags.ReadOnly);
        foreach (string folder in MaskedInSys.Where(Directory.Exists))
        {
            MountCalls.Mount("tmpfs", folder, "tmpfs", Plain | MountFlags.ReadOnly, "size=0");
        }

        if (!Directory.Exists("/sys/fs/cgroup"))
        {
            return;
        }

        if (_groups is [var (only, _)])
        {
            MountCalls.Attach(only, "/sys/fs/cgroup");
            return;
        }

        MountCalls.Mount("tmpfs", "/sys/fs/cgroup", "tmpfs", Plain, "mode=755,size=64k");
        foreach (var (mount, controller) in _groups)
        {
            string folder = "/sys/fs/cgroup/" + controller;
            Directory.CreateDirectory(folder);
            MountCalls.Attach(mount, folder);
        }

        MountCalls.Mount(null, "/sys/fs/cgroup", null, Plain | MountFlags.Remount | MountFlags.Bind | MountFlags.ReadOnly);
    }

    /// <summary>Binds and tmpfs, outer before inner.</summary>
    private void AttachMounts()
    {
        var all = _binds.Select(bind => (bind.Target, Attach: (Action)(() => Attach(bind.Mount, bind.Target, bind.IsFolder))))
            .Concat(Machine.Mounts.Where(mount => mount.Kind == MountKind.Tmpfs).Select(mount => (mount.Target, Attach: (Action)(() => MountTmpfs(mount)))));
        foreach (var (target, attach) in all.OrderBy(mount => mount.Target.Count(letter => letter == '/')).ToList())
        {
            try
            {
                attach();
            }
            catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException)
            {
                throw new LaunchFailedException(LaunchFailedException.Machine, $"mount {target}: {exception.Message}", exception);
            }
        }
    }

    private static void Attach(Descriptor mount, string target, bool isFolder)
    {
        if (isFolder)
        {
            Directory.CreateDirectory(target);
        }
        else if (!Path.Exists(target))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target) ?? "/");
            File.WriteAllBytes(target, []);
        }

        MountCalls.Attach(mount, target);
    }

    private static void MountTmpfs(MountLaunch mount)
    {
        Directory.CreateDirectory(mount.Target);
        string options = "mode=" + Convert.ToString(mount.Mode ?? 0x3FF, 8) + (mount.SizeBytes > 0 ? $",size={mount.SizeBytes}" : "");
        MountCalls.Mount("tmpfs", mount.Target, "tmpfs", Plain | (mount.ReadOnly ? MountFlags.ReadOnly : MountFlags.None), options);
    }

    private void CreateWorkingDirectory()
    {
        try
        {
            Directory.CreateDirectory(Machine.Program.WorkingDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, $"working_dir {Machine.Program.WorkingDirectory}: {exception.Message}", exception);
        }
    }
}
