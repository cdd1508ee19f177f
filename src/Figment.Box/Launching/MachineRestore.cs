using System.Net;
using Figment.Box.Checkpoints;
using Figment.Box.Diagnostics;
using Figment.Box.Freezing;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;
using Figment.Linux.Seccomp;
using Figment.Migration.Criu;
using Figment.Migration.Engine;
using Figment.Migration.Images;
using Figment.Migration.Lazy;
using Figment.Migration.Memory;
using Figment.Migration.Snapshots;
using Figment.Model.Control;

namespace Figment.Box.Launching;

/// <summary>
/// Brings a machine back from a snapshot. Its root is made as for a start, in a mount namespace that nobody keeps, and from there handed as one tree into that of CRIU, which makes the machine's own out of it.
/// CRIU is born in the machine's control groups and under a fresh filter of traps: what it makes inherits both. See docs/migration.md.
/// </summary>
internal sealed class MachineRestore : MachineBirth
{
    /// <summary>By this name a snapshot knows the machine's network namespace.</summary>
    public const string NetworkName = "network";

    /// <summary>Of its memory: when what was ever touched first is more than that it is learnt anew.</summary>
    private const int WorkingShare = 4;

    private const int SIGKILL = 9;

    private readonly Descriptor _network;
    private readonly ICheckpointEngine? _engine;
    private readonly KeptConnections? _connections;
    private readonly Action<IReadOnlyList<Descriptor>> _keep;
    private readonly Action _restored;
    private readonly HeldMachine? _held;
    private readonly IFaultHolder _faults;
    private readonly TimeProvider _time;
    private readonly KernelFacts _facts;
    private readonly TaskCompletionSource<SnapshotManifest> _loaded = new();
    private readonly TaskCompletionSource _made = new();
    private readonly TaskCompletionSource<CriuStart> _wanted = new();
    private readonly TaskCompletionSource<Pidfd> _forked = new();
    private readonly TaskCompletionSource<LazyReport?> _memory = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<OwedPages?> _owed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LazyPages? _lazy;
    private WorkingSet? _working;
    private volatile Pidfd? _first;

    /// <param name="launch">With the snapshot's folder.</param>
    /// <param name="network">The machine's network namespace.</param>
    /// <param name="engine">Brings it back; null: there is none on this node.</param>
    /// <param name="connections">That it has; null: they are put back as the snapshot has them.</param>
    /// <param name="keep">Told of their sockets, by the places at which CRIU is to bind them.</param>
    /// <param name="restored">Called when all is as it was and nothing has run yet.</param>
    /// <param name="held">Decides then whether it runs; null: it does.</param>
    /// <param name="faults">Holds what its processes lack memory by.</param>
    /// <param name="time">The clock.</param>
    /// <param name="timeline">Told of the steps.</param>
    /// <param name="warn">For what failed and may.</param>
    public MachineRestore(BoxMessage.Launch launch, Descriptor network, ICheckpointEngine? engine, KeptConnections? connections, Action<IReadOnlyList<Descriptor>> keep, Action restored, HeldMachine? held, IFaultHolder faults, TimeProvider time, StartTimeline timeline, Action<string> warn)
        : base(launch, timeline, warn) =>
        (_network, _engine, _connections, _keep, _restored, _held, _faults, _time, _facts) = (network, engine, connections, keep, restored, held, faults, time, new KernelFacts(HostRoot.StateRoot(launch.RuntimeDirectory)));

    /// <inheritdoc/>
    public override Task<LazyReport?> Memory => _memory.Task;

    /// <summary>By which comes what is still at the node that it came from; null: nothing is. Cancelled: it does not arrive.</summary>
    public Task<OwedPages?> Owed => _owed.Task;

    private string Folder => Launch.RestoreFrom!;

    /// <summary>Memory that is beside the images, if it is there.</summary>
    private string Pages => SnapshotManifest.PagesOf(Folder);

    /// <summary>As CRIU is to read it.</summary>
    private string View => Launch.IsClone ? Path.Combine(Launch.StateDirectory, "view") : HasView ? Folder + ".view" : Folder;

    /// <summary>What it wrote to its root is not in its place yet, and may have to go back.</summary>
    private bool BeginsFromKind => Launch is { IsClone: true, UsesSnapshotUp: false };

    private bool HasView => _connections is not null || Launch.Arrives || Directory.Exists(Pages);

    /// <summary>An empty folder that stands where the machine may see nothing.</summary>
    private string Nothing => Path.Combine(Launch.Machine.Root.OverlayDirectory, "nothing");

    /// <summary>Its processes have ended: of what they lack nothing is given any more.</summary>
    public override void Dispose()
    {
        _lazy?.Dispose();
        _owed.TrySetCanceled();
        _first?.Dispose();
        base.Dispose();
    }

    public override void Abandon()
    {
        // The launch thread may wait for what to execute.
        _wanted.TrySetCanceled();
        base.Abandon();
    }

    protected override void PrepareFiles()
    {
        base.PrepareFiles();
        if (BeginsFromKind)
        {
            Written.Replace(Folder);
            Timeline.Done("files");
        }
    }

    protected override bool OnLaunchThread()
    {
        try
        {
            var manifest = Load();
            _loaded.SetResult(manifest);
            Make(manifest);
            _made.SetResult();
        }
        catch (Exception exception)
        {
            _loaded.TrySetException(exception);
            _made.SetException(exception);
            return false;
        }

        try
        {
            _forked.SetResult(Fork(_wanted.Task.GetAwaiter().GetResult()));
            return true;
        }
        catch (Exception exception)
        {
            _forked.SetException(exception);
            return false;
        }
    }

    protected override (Pidfd Process, ProgramStreams Streams) Complete(Action<TrapListener> watch)
    {
        var manifest = _loaded.Task.GetAwaiter().GetResult();
        Mounts = manifest.Mounts.ToHashSet();
        var streams = ProgramStreams.Pipes(manifest.Input is not null);
        try
        {
            // While its root is made.
            MakeView(manifest);
            _made.Task.GetAwaiter().GetResult();
            int pid = _engine!.Restore(Options(manifest, streams, watch), first =>
            {
                Timeline.Done("images");
                _first = Pidfd.Open(first);
                if (_held?.Await() == false || _lazy?.Failure is not null)
                {
                    return false;
                }

                if (manifest.Processors.Count > 0)
                {
                    BoundThreads.Bind(manifest.Processors, first, Cgroup!.Processes(), Warn);
                }

                _restored();
                if (BeginsFromKind)
                {
                    Written.Drop();
                }

                if (Launch.UsesSnapshotUp)
                {
                    Directory.Move(Folder, Folder + BoxMessage.Launch.UsedSuffix);
                }

                _held?.Go();
                return true;
            }) ?? throw new LaunchFailedException(LaunchFailedException.Machine, $"{Launch.Machine.Name} was restored and is not to run{(_lazy?.Failure is { } reason ? $": {reason}" : "")}") { IsLost = _lazy?.IsLost == true };
            Timeline.Done("restored");
            _facts.Keep(Warn);
            streams.CloseProgramEnds();
            return (Pidfd.Open(pid), streams);
        }
        catch (CriuException exception)
        {
            streams.Dispose();
            _lazy?.Dispose();
            throw new LaunchFailedException(LaunchFailedException.Machine, $"restore {Launch.Machine.Name}: {exception.Message}", exception) { IsLost = _lazy?.IsLost == true };
        }
        catch
        {
            streams.Dispose();
            _lazy?.Dispose();
            throw;
        }
        finally
        {
            RemoveView();
        }
    }

    private void MakeMemory()
    {
        if (MakeLazy() is not { } memory)
        {
            _memory.SetResult(null);
            _owed.SetResult(null);
            return;
        }

        _lazy = LazyPages.Listen(View, memory, EndWithoutMemory, _faults, _time);
        _owed.SetResult(_lazy.Owed);
        _lazy.Done.ContinueWith(done => done.IsCanceled ? _memory.TrySetCanceled() : _memory.TrySetResult(Learn(done.Result)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The view's memory, to come when it is touched; null: all of it is there before the machine runs.</summary>
    private LazyMemory? MakeLazy()
    {
        bool isBeside = Directory.Exists(Pages);
        if (!isBeside && !LazyMemory.Pays(View))
        {
            return null;
        }

        if (LazyMemory.Complaint(View) is not { } complaint)
        {
            return isBeside ? LazyMemory.Mark(View, Pages) : LazyMemory.MarkWhole(View, _working = LoadWorkingSet());
        }

        if (isBeside)
        {
            Warn($"{Launch.Machine.Name} waits until all of its memory is there: {complaint}");
            using var pages = PageFolder.Open(Pages);
            if (pages.Owed > 0)
            {
                throw new ImageException(Pages, 0, $"{pages.Owed} pages of it are to come when they are touched, which cannot be here: {complaint}");
            }

            pages.Complete(View);
        }

        return null;
    }

    private WorkingSet LoadWorkingSet()
    {
        try
        {
            return WorkingSet.Load(Launch.StateDirectory);
        }
        catch (Exception exception) when (exception is ImageException or IOException)
        {
            Warn($"what {Launch.Machine.Name} touched first the last time is not known: {exception.Message}");
            return new WorkingSet();
        }
    }

    /// <summary>What it touched comes first the next time; and what it touched earlier, which came before it could be touched.</summary>
    private LazyReport Learn(LazyReport report)
    {
        if (_working is null)
        {
            return report;
        }

        try
        {
            if (_working.Pages < report.Pages / WorkingShare)
            {
                report.WorkingSet.Add(_working);
            }

            report.WorkingSet.Save(Launch.StateDirectory);
        }
        catch (IOException exception)
        {
            Warn($"what {Launch.Machine.Name} touched first is not kept: {exception.Message}");
        }

        return report;
    }

    /// <summary>On the thread that gives it memory. A restore that is still under way ends by itself.</summary>
    private void EndWithoutMemory(string reason)
    {
        Warn($"{Launch.Machine.Name} is ended: {reason}");
        _held?.Drop();
        _first?.Signal(SIGKILL);
    }

    private void MakeView(SnapshotManifest manifest)
    {
        if (!HasView)
        {
            _memory.SetResult(null);
            _owed.SetResult(null);
            return;
        }

        try
        {
            RemoveView();
            bool sameBoot = manifest.Boot == NodeBoot.Id;
            var away = sameBoot ? TimeSpan.FromTicks((MonotonicClock.Now(_time) - manifest.TakenAtNs) / TimeSpan.NanosecondsPerTick) : _time.GetUtcNow() - manifest.TakenAt;
            var connections = SnapshotView.Write(Folder, View, away, sameBoot, keepsConnections: _connections is null, Launch.IsClone ? Names(manifest) : null);
            if (_connections is not null)
            {
                _keep(_connections.Sort(connections, _network));
            }

            MakeMemory();
            Timeline.Done("view");
        }
        catch (Exception exception) when (exception is ImageException or IOException or LinuxException)
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, $"restore {Launch.Machine.Name}: {exception.Message}", exception);
        }
    }

    private void RemoveView()
    {
        if (HasView && Directory.Exists(View))
        {
            Directory.Delete(View, recursive: true);
        }
    }

    private CloneNames Names(SnapshotManifest manifest)
    {
        Dictionary<IPAddress, IPAddress> addresses = [];
        foreach (var (of, own) in manifest.Addresses.Join(Launch.Machine.Interfaces, of => of.Network, own => own.Network, (of, own) => (of, own)))
        {
            addresses[IPAddress.Parse(of.Address)] = IPAddress.Parse(own.Address);
            if (of.Ipv6Address is not null && own.Ipv6Address is not null)
            {
                addresses[IPAddress.Parse(of.Ipv6Address)] = IPAddress.Parse(own.Ipv6Address);
            }
        }

        return new CloneNames(Launch.Machine.Hostname, addresses);
    }

    private SnapshotManifest Load()
    {
        if (_engine is null)
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, CriuProgram.Missing);
        }

        SnapshotManifest manifest;
        try
        {
            manifest = SnapshotManifest.Load(Folder);
        }
        catch (SnapshotException exception)
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, exception.Message, exception);
        }

        if (Launch.IsClone)
        {
            return manifest.Kind.Length == 0 || manifest.Kind != Launch.Machine.Kind ? throw new LaunchFailedException(LaunchFailedException.Machine, $"{Folder} is a snapshot of another kind of machine, {manifest.Machine}")
                : manifest.Boot != NodeBoot.Id && manifest.ProcessorFlags.Except(ProcessorFlags.Read(), StringComparer.Ordinal).Order(StringComparer.Ordinal).FirstOrDefault() is { } missing
                    ? throw new LaunchFailedException(LaunchFailedException.Machine, $"{Folder} was taken on a processor with {missing}, which this one lacks")
                    : manifest;
        }

        return manifest.Revision == Launch.Machine.Revision
            ? manifest
            : throw new LaunchFailedException(LaunchFailedException.Machine, $"{Folder} is a snapshot of {manifest.Machine} as it was specified before; remove it, or go back to that specification");
    }

    private RestoreOptions Options(SnapshotManifest manifest, ProgramStreams streams, Action<TrapListener> watch)
    {
        Dictionary<string, Descriptor> descriptors = new() { [NetworkName] = _network };
        foreach (var (name, stream) in new[] { (manifest.Input, streams.Input), (manifest.Output, streams.Output), (manifest.Error, streams.Error) })
        {
            if (name is not null)
            {
                descriptors[name] = stream;
            }
        }

        return new RestoreOptions
        {
            Folder = View,
            Lazy = _lazy,
            LetPacketsPass = Launch.Arrives,
            Root = Root.Merged,
            Mounts = manifest.Mounts.Index().ToDictionary(mount => SnapshotManifest.MountName(mount.Index), mount => Source(mount.Item)),
            Descriptors = descriptors,
            Start = start => Start(start, watch),
        };
    }

    /// <summary>In CRIU's mount namespace, what stands for a mount of the machine's.</summary>
    private string Source(string path) =>
        ProcFiles.IsMaskedFile(path) ? "/dev/null" : ProcFiles.IsMaskedFolder(path) ? Nothing : Root.Merged + path;

    /// <summary>On the launch thread: it is in CRIU's mount namespace when this returns.</summary>
    private void Make(SnapshotManifest manifest)
    {
        using var node = NamespaceThread.OpenOwn(NamespaceKind.Network);
        NamespaceThread.Enter(_network, NamespaceKind.Network);
        MountCalls.Separate(NamespaceKind.Mount);
        MountCalls.Mount(null, "/", null, MountFlags.Slave | MountFlags.Recursive);
        using var outer = NamespaceThread.OpenOwn(NamespaceKind.Mount);
        MountCalls.Separate(NamespaceKind.Mount);
        Timeline.Done("namespaces");
        MakeRoot(fill: false);
        using var tree = MountCalls.Clone("/", recursive: true);
        NamespaceThread.Enter(outer, NamespaceKind.Mount);

        // In the machine's own no packet passes yet, and CRIU tries the kernel's sockets before it begins.
        NamespaceThread.Enter(node, NamespaceKind.Network);
        MountCalls.Attach(tree, Root.Merged);
        Directory.CreateDirectory(Nothing);
        MountCalls.Mount("tmpfs", Nothing, "tmpfs", MountFlags.ReadOnly | MountFlags.NoSetUser | MountFlags.NoDevices | MountFlags.NoExecute, "size=4k");
        using var root = FileCalls.Open(Root.Merged, FileCalls.O_PATH | FileCalls.O_DIRECTORY);
        foreach (var (index, path) in manifest.Mounts.Index().Where(mount => Source(mount.Item) == Root.Merged + mount.Item))
        {
            // CRIU, and the copy, would follow a symbolic link out of the machine.
            using var place = MountCalls.OpenInRoot(root, path);
            string? real = place is null ? null : new FileInfo($"/proc/thread-self/fd/{place.Number}").LinkTarget;
            if (real != Root.Merged + path)
            {
                throw new LaunchFailedException(LaunchFailedException.Machine, $"{Folder} has a mount at {path}, where the machine now has {(real is null ? "nothing" : "a symbolic link")}; remove the snapshot, the machine then starts anew");
            }

            string contents = SnapshotManifest.ContentsOf(Folder, index);
            if (Directory.Exists(contents))
            {
                TreeCopy.Copy(contents, real, keepExisting: true);
            }
        }

        _facts.Provide(Folder, Root.Merged, AppContext.BaseDirectory);
        Timeline.Done("handed over");
    }

    /// <summary>On the main thread: the launch thread forks it, so that what CRIU restores ends with that thread, as what was started does.</summary>
    private Pidfd Start(CriuStart start, Action<TrapListener> watch)
    {
        _wanted.SetResult(start);
        var process = _forked.Task.GetAwaiter().GetResult();
        if (ChildStart.Complete(Child, process, "criu", watch, Warn, Timeline) is [var failed, ..])
        {
            process.Wait();
            process.Dispose();
            throw new CriuException($"{start.Program} cannot be executed: {failed.Error}", failed.Error);
        }

        Timeline.Done("criu");
        return process;
    }

    /// <summary>On the launch thread.</summary>
    private Pidfd Fork(CriuStart start)
    {
        Child.AddSession();

        // After it joined its groups, so that the namespace begins there.
        Child.AddUnshare(NamespaceKind.Cgroup);
        var copies = start.AddTo(Child);
        Child.AddNotifyFilter(BpfProgram.Notify());
        Child.AddWaitForGo();
        Child.AddExecute([start.Program], start.Arguments, start.Environment);
        var process = Child.Start(NamespaceKind.None, sharesMemory: true);
        foreach (var copy in copies)
        {
            copy.Dispose();
        }

        return process;
    }
}
