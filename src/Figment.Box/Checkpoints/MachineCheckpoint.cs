using System.Globalization;
using Figment.Box.Diagnostics;
using Figment.Box.Freezing;
using Figment.Box.Launching;
using Figment.Linux.Cgroups;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Mounts;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;
using Figment.Migration.Criu;
using Figment.Migration.Engine;
using Figment.Migration.Images;
using Figment.Migration.Memory;
using Figment.Migration.Snapshots;
using Figment.Migration.Written;
using Figment.Model.Control;

namespace Figment.Box.Checkpoints;

/// <summary>Writes a machine that stands still into a folder, which appears when the snapshot is complete.</summary>
/// <param name="launch">The machine.</param>
/// <param name="program">Its first process.</param>
/// <param name="cgroup">Its groups.</param>
/// <param name="mounts">Mount points that were made for it; null: all that it has.</param>
/// <param name="streams">Its standard streams.</param>
/// <param name="engine">Writes it; null: there is none on this node.</param>
/// <param name="memory">Done when all of its memory is there, or will not come.</param>
/// <param name="time">The clock.</param>
internal sealed class MachineCheckpoint(
    BoxMessage.Launch launch, Pidfd program, MachineCgroup cgroup, IReadOnlySet<string>? mounts, ProgramStreams streams, Lazy<ICheckpointEngine?> engine, Task memory, TimeProvider time)
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private const int SIGKILL = 9;
    private const string MemoryFileSystem = "tmpfs";
    private const string ProcessFileSystem = "proc";

    /// <summary>Null, or why it cannot be done, whatever the machine is doing.</summary>
    public string? Complaint =>
        engine.Value is null ? CriuProgram.Missing : launch.Machine.Program.Tty ? "its program has a terminal, which a snapshot does not hold yet" : null;

    /// <summary>Of a machine that arrived a while ago: what it lacks yet a snapshot would lack. It comes in less time than a snapshot takes.</summary>
    public void AwaitMemory() => Task.WaitAny(memory);

    /// <summary>Copies its memory while it runs; see <see cref="RunningCopy.Begin"/>.</summary>
    public RunningCopy? Copy(string images, BoxLog log, IPageSink? sink = null, bool waits = false, Action<long>? told = null) =>
        RunningCopy.Begin(engine.Value!, images, HostRoot.StateRoot(launch.RuntimeDirectory), cgroup.Processes, log, sink, waits, told);

    /// <summary>Copies what it wrote to its root and what it carries, while it runs and when it stands still.</summary>
    /// <param name="sink">Gets it.</param>
    /// <param name="carried">Mounts that go with it.</param>
    public WrittenCopy CopyWritten(IWrittenSink sink, IReadOnlyList<int> carried) =>
        new(launch.Machine.Root.OverlayDirectory, cgroup.Processes, sink, carried.ToDictionary(mount => mount.ToString(CultureInfo.InvariantCulture), mount => launch.Machine.Mounts[mount].Source!));

    /// <summary>Null, or what is in it now that a snapshot would not hold.</summary>
    /// <param name="processes">All of its processes, which stand still.</param>
    public string? Outsider(IReadOnlyList<int> processes)
    {
        var parents = processes.ToDictionary(pid => pid, Parent);
        foreach (int pid in processes)
        {
            int ancestor = pid;
            while (ancestor != program.Pid && parents.TryGetValue(ancestor, out int parent))
            {
                ancestor = parent;
            }

            if (ancestor != program.Pid)
            {
                return $"process {pid} ({File.ReadAllText($"/proc/{pid}/comm").Trim()}) is at work in it, for an exec or a health check: a snapshot would not hold it";
            }

            // Its parent waits in the kernel until it has begun its program, and answers nobody meanwhile, CRIU neither (vfork(2)).
            if (pid != program.Pid && parents.ContainsKey(parents[pid]) && SharedMemory.Is(pid, parents[pid]))
            {
                return $"process {pid} is just being born of process {parents[pid]}, and has its memory: try it again";
            }
        }

        return null;
    }

    /// <summary>The machine has ended when this returns, unless it was to be left running or it was called off.</summary>
    /// <param name="asked">Where to, and what becomes of the machine. Unless its connections stop the caller takes duplicates of them when it is complete.</param>
    /// <param name="steps">What the caller does meanwhile.</param>
    /// <exception cref="CriuException">It could not be done: the machine is as it was.</exception>
    public void Write(BoxMessage.Checkpoint asked, CheckpointSteps steps)
    {
        string folder = asked.Folder;
        string unfinished = folder + ".new";
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        Directory.CreateDirectory(unfinished);
        bool isComplete = false;
        try
        {
            var made = MadeMounts();
            List<string> paths = [.. made.Select(mount => mount.Path).Distinct()];
            SnapshotManifest? manifest = null;
            using (var memory = steps.Copy(unfinished))
            {
                engine.Value!.Dump(Options(asked, unfinished, paths, memory, steps.StandStill), () =>
                {
                    SeccompImages.RemoveNotifiers(unfinished);
                    SaveContents(unfinished, paths, made);
                    if (asked.WithFiles)
                    {
                        WrittenFiles.Save(launch.Machine.Root.OverlayDirectory, unfinished);
                    }

                    memory?.Fill();
                    manifest = Manifest(asked, paths);
                    if (memory is null)
                    {
                        Publish(manifest);
                    }

                    steps.Complete();
                    return true;
                });
                steps.Dumped();
                if (manifest is not null)
                {
                    memory?.Complete();
                }
            }

            if (!isComplete && manifest is not null)
            {
                Publish(manifest);
            }
        }
        catch (CriuException) when (isComplete && !asked.LeaveRunning && program.AwaitEnd(EndPatience))
        {
            // CRIU failed after the last word: the snapshot is the machine.
        }
        catch when (isComplete)
        {
            // The machine goes on: what was written is its past.
            Directory.Delete(folder, recursive: true);
            throw;
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }

        void Publish(SnapshotManifest manifest)
        {
            if (asked.ForClones)
            {
                WipedMemory.Clear(unfinished);
            }

            manifest.Save(unfinished);
            Directory.Move(unfinished, folder);
            isComplete = true;
        }
    }

    /// <summary>Dumps it for another node. The machine has ended when this returns true; else it goes on.</summary>
    /// <param name="folder">There, and empty but for what <paramref name="memory"/> has in it.</param>
    /// <param name="memory">Copied while it ran; null: all of it is dumped.</param>
    /// <param name="written">What it wrote to its root, all but the last difference.</param>
    /// <param name="standStill">Once it does no packet reaches it. False: it is called off.</param>
    /// <param name="decide">Asked when the dump is complete and the machine stands.</param>
    /// <exception cref="CriuException">It could not be done: the machine is as it was.</exception>
    public bool Depart(string folder, RunningCopy? memory, WrittenCopy written, Func<bool> standStill, Func<bool> decide)
    {
        bool isGone = false;
        var asked = new BoxMessage.Checkpoint { Folder = folder, Connections = CheckpointConnections.Keep };
        var beside = Task.CompletedTask;
        var made = MadeMounts();
        List<string> paths = [.. made.Select(mount => mount.Path).Distinct()];
        try
        {
            engine.Value!.Dump(Options(asked, folder, paths, memory, standStill, CopyBeside), () =>
            {
                SeccompImages.RemoveNotifiers(folder);
                AwaitBeside();
                memory?.Fill();
                return isGone = decide();
            });
            return isGone;
        }
        catch (CriuException) when (isGone)
        {
            // CRIU failed after the last word. Whatever it has left undone: the machine is another node's.
            End();
            return true;
        }
        finally
        {
            Task.WaitAny(beside);
        }

        // What fails in a word to CRIU counts as its failure, unless it is said otherwise.
        void AwaitBeside()
        {
            try
            {
                beside.GetAwaiter().GetResult();
            }
            catch (LinuxException exception)
            {
                throw new IOException(exception.Message, exception);
            }
        }

        // CRIU takes its time, and looks at nothing of this.
        void CopyBeside() => beside = Task.Factory.StartNew(
            () =>
            {
                SaveContents(folder, paths, made);
                written.Last(folder);
                Manifest(asked, paths).SaveAlone(folder);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    /// <summary>All of its processes end with its first, the init of their namespace, as soon as they may.</summary>
    public void Kill() => program.Signal(SIGKILL);

    /// <exception cref="CriuException">It does not end.</exception>
    private void End()
    {
        Kill();
        if (!program.AwaitEnd(EndPatience))
        {
            throw new CriuException($"{launch.Machine.Name} is another node's, and its processes here do not end");
        }
    }

    private List<MountEntry> MadeMounts() =>
        [.. MountTable.Of(program.Pid).Where(mount => mount.Path != "/" && mount.FileSystem != ProcessFileSystem && mounts?.Contains(mount.Path) != false)];

    private DumpOptions Options(BoxMessage.Checkpoint asked, string unfinished, IReadOnlyList<string> paths, RunningCopy? memory, Func<bool> standStill, Action? stands = null) => new()
    {
        Pid = program.Pid,
        Folder = unfinished,
        Mounts = paths.Index().ToDictionary(mount => mount.Item, mount => SnapshotManifest.MountName(mount.Index)),
        Network = MachineRestore.NetworkName,
        Begin = () =>
        {
            if (!standStill())
            {
                return false;
            }

            memory?.Last();
            stands?.Invoke();
            return true;
        },
        Parent = memory?.DumpParent,
        FreezeGroup = Freezer.FolderOf(cgroup),
        LeaveRunning = asked.LeaveRunning,
        LetPacketsPass = asked.LeaveRunning || asked.Connections != CheckpointConnections.Stop,
    };

    private static int Parent(int pid)
    {
        const string Key = "PPid:";
        string line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(Key, StringComparison.Ordinal));
        return int.Parse(line.AsSpan(Key.Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
    }

    private SnapshotManifest Manifest(BoxMessage.Checkpoint asked, IReadOnlyList<string> paths) => new()
    {
        Application = launch.Application,
        Machine = launch.Machine.Name,
        Revision = launch.Machine.Revision,
        Kind = asked.ForClones ? launch.Machine.Kind : "",
        Addresses = [.. launch.Machine.Interfaces.Select(face => new SnapshotAddress(face.Network, face.Address, face.Ipv6Address))],
        ProcessorFlags = asked.ForClones ? ProcessorFlags.Read() : [],
        Epoch = launch.Epoch,
        TakenAt = time.GetUtcNow(),
        Boot = NodeBoot.Id,
        TakenAtNs = MonotonicClock.Now(time),
        Mounts = paths,
        Processors = BoundThreads.Find(cgroup.Processes()),
        Files = new Dictionary<string, long>(),
        Input = streams.InputWriter is { } input ? PipeName(input) : null,
        Output = PipeName(streams.OutputReader),
        Error = streams.ErrorReader is { } error ? PipeName(error) : null,
    };

    /// <summary>What memory file systems hold. They are looked at from within, each by itself: what is mounted over them does not count.</summary>
    private void SaveContents(string folder, IReadOnlyList<string> paths, IReadOnlyList<MountEntry> made)
    {
        using var space = FileCalls.Open($"/proc/{program.Pid}/ns/mnt", FileCalls.O_RDONLY);
        var trees = NamespaceThread.Run(space, NamespaceKind.Mount, () => paths.Index()
            .Where(path => made.Last(mount => mount.Path == path.Item) is { FileSystem: MemoryFileSystem, IsReadOnly: false })
            .Select(path => (path.Index, Tree: MountCalls.Clone(path.Item, recursive: false))).ToList());
        foreach (var (index, tree) in trees)
        {
            using (tree)
            {
                string source = $"/proc/self/fd/{tree.Number}/.";
                if (Directory.EnumerateFileSystemEntries(source).Any())
                {
                    string contents = SnapshotManifest.ContentsOf(folder, index);
                    Directory.CreateDirectory(contents);
                    TreeCopy.Copy(source, contents);
                }
            }
        }
    }

    private static string PipeName(Descriptor end) => new FileInfo($"/proc/self/fd/{end.Number}").LinkTarget!;
}
