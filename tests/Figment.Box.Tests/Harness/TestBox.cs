using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Polling;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;
using Figment.Model.Control;
using Figment.Model.Launch;
using Microsoft.Win32.SafeHandles;

namespace Figment.Box.Tests.Harness;

/// <summary>A real figment-box, driven as the keeper drives it.</summary>
internal sealed class TestBox : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static int s_last;

    private bool _folderIsLent;

    private readonly BlockingCollection<BoxMessage> _messages = [];
    private readonly List<BoxMessage> _seen = [];
    private readonly Pidfd _process;
    private readonly StringWriter _errors = new();
    private readonly Epoll _ended = new();
    private readonly List<LineChannel> _channels = [];
    private readonly List<Descriptor> _descriptors = [];
    private readonly List<(KeptConnection Connection, Descriptor Socket)> _kept = [];
    private readonly ConcurrentDictionary<long, Descriptor> _faults = [];

    private TestBox(Pidfd process, Descriptor errors, string folder)
    {
        _process = process;
        _ended.Add(process.Descriptor, PollEvents.Readable, 0);
        Folder = folder;
        var thread = new Thread(() =>
        {
            using var reader = new StreamReader(new FileStream(new SafeFileHandle(errors.Release(), ownsHandle: true), FileAccess.Read));
            while (reader.ReadLine() is { } line)
            {
                lock (_errors)
                {
                    _errors.WriteLine(line);
                }
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
    }

    /// <summary>Root of this test's files; <c>run</c> and <c>state</c> are the machine's folders.</summary>
    public string Folder { get; }

    public string RuntimeDirectory => Path.Combine(Folder, "run");

    public string StateDirectory => Path.Combine(Folder, "state");

    public string LogPath => Path.Combine(StateDirectory, "log.jsonl");

    /// <summary>What the box itself complains of.</summary>
    public string BoxLog => File.Exists(Path.Combine(RuntimeDirectory, "box.log")) ? File.ReadAllText(Path.Combine(RuntimeDirectory, "box.log")) : "";

    public int BoxPid => _process.Pid;

    public bool HasEnded
    {
        get
        {
            // Not by reaping it: where SIGCHLD is ignored, as under some test drivers, .NET or the kernel does that.
            List<(ulong, PollEvents)> ready = [];
            _ended.Wait(0, ready);
            return ready.Count > 0;
        }
    }

    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Output lines so far.</summary>
    public IReadOnlyList<string> Log => File.Exists(LogPath)
        ? [.. File.ReadAllLines(LogPath).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("line").GetString()!)]
        : [];

    public static string NewFolder()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"figment-box-{Environment.ProcessId}-{Interlocked.Increment(ref s_last)}");
        foreach (string part in new[] { "run", "state", "overlay" })
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
        }

        return folder;
    }

    /// <summary>Starts a box.</summary>
    /// <param name="network">Where the machine lives.</param>
    /// <param name="machine">What to run; its root's overlay folder is set here.</param>
    /// <param name="placeholders">With their sockets, which are closed here.</param>
    /// <param name="change">Last changes of the launch.</param>
    /// <param name="again">A box that has ended, of the same machine.</param>
    public static TestBox Start(
        TestNetwork network, MachineLaunch machine, IReadOnlyList<(KnownPort Port, Descriptor Socket)>? placeholders = null, Func<BoxMessage.Launch, BoxMessage.Launch>? change = null, TestBox? again = null)
    {
        string folder = again?.Folder ?? NewFolder();
        again?._folderIsLent = true;
        placeholders ??= [];
        var launch = new BoxMessage.Launch
        {
            Application = "test",
            Epoch = 1,
            Machine = machine with { Root = machine.Root with { OverlayDirectory = Path.Combine(folder, "overlay") } },
            RuntimeDirectory = Path.Combine(folder, "run"),
            StateDirectory = Path.Combine(folder, "state"),
            Cgroup = $"figment-box-test/{Path.GetFileName(folder)}",
            Networks = [TestNetwork.Cidr],
            Gateways = [TestNetwork.ClientAddress],
            Placeholders = [.. placeholders.Select(placeholder => placeholder.Port)],
        };
        launch = change?.Invoke(launch) ?? launch;
        File.WriteAllBytes(Path.Combine(folder, "generation"), new byte[4096]);
        using var generation = FileCalls.Open(Path.Combine(folder, "generation"), FileCalls.O_RDONLY);
        var (ours, theirs) = DescriptorSocket.Pair();
        var (errorReader, errorWriter) = FileCalls.Pipe();
        var process = BoxSpawn.Start(theirs, errorWriter);
        theirs.Dispose();
        errorWriter.Dispose();
        var box = new TestBox(process, errorReader, folder);
        var channel = box.Follow(ours);
        using (var parcel = Parcel.Pack([.. placeholders.Select(placeholder => placeholder.Socket)]))
        {
            channel.Send<BoxMessage>(launch, ControlJson.Default.BoxMessage, [network.Machine.Number, generation.Number, parcel.Number]);
        }

        return box;
    }

    /// <summary>Puts the machine onto storage and ends it.</summary>
    public BoxMessage.Checkpointed Checkpoint(string folder, CheckpointConnections connections = CheckpointConnections.Stop, bool withFiles = false)
    {
        // The program may have answered its client before its box is through with the start.
        BoxMessage? answer = null;
        Wait.Until(
            () =>
            {
                Send(new BoxMessage.Checkpoint { Folder = folder, Connections = connections, WithFiles = withFiles });
                answer = Expect<BoxMessage>(message => message is BoxMessage.Checkpointed or BoxMessage.CheckpointFailed);
                return answer is not BoxMessage.CheckpointFailed { Reason: "it starts" };
            },
            "it has started");
        Assert.True(answer is BoxMessage.Checkpointed, $"{answer}; box.log: {BoxLog}");
        Wait.Until(() => HasEnded, "the box ends after its last message");
        return (BoxMessage.Checkpointed)answer;
    }

    /// <summary>Connections that the machine had when it was put onto storage, if they were to be kept.</summary>
    public IReadOnlyList<(KeptConnection Connection, Descriptor Socket)> Kept => _kept;

    /// <summary><see cref="Restore"/> with the connections that were kept.</summary>
    public TestBox RestoreKept(TestNetwork network, MachineLaunch machine, BoxMessage.Checkpointed snapshot)
    {
        var box = Restore(network, machine, snapshot, launch => launch with { KeptConnections = _kept.Count });
        foreach (var some in _kept.Chunk(DescriptorSocket.DescriptorsMax))
        {
            box.Send(new BoxMessage.KeptSockets { Connections = [.. some.Select(one => one.Connection)] }, [.. some.Select(one => one.Socket.Number)]);
        }

        DropKept();
        return box;
    }

    /// <summary>As if the keeper had died.</summary>
    public void DropKept()
    {
        _kept.ForEach(one => one.Socket.Dispose());
        _kept.Clear();
    }

    /// <summary>A box of the same machine, which goes on from the snapshot. This one is used up, its folder is the new one's.</summary>
    public TestBox Restore(TestNetwork network, MachineLaunch machine, BoxMessage.Checkpointed snapshot, Func<BoxMessage.Launch, BoxMessage.Launch>? change = null)
    {
        Assert.Equal(snapshot.Listeners.Count, _descriptors.Count);
        return Start(network, machine, [.. snapshot.Listeners.Zip(_descriptors)], launch => (change?.Invoke(launch) ?? launch) with { RestoreFrom = snapshot.Folder }, again: this);
    }

    public void SetGeneration(long value)
    {
        using var file = File.OpenWrite(Path.Combine(Folder, "generation"));
        file.Write(BitConverter.GetBytes(value));
    }

    public void Send(BoxMessage message, params ReadOnlySpan<int> descriptors) => _channels[^1].Send(message, ControlJson.Default.BoxMessage, descriptors);

    /// <summary>Follows another conversation with the box.</summary>
    public LineChannel Follow(Descriptor socket)
    {
        var channel = new LineChannel(socket, ControlJson.LineBytesMax);
        _channels.Add(channel);
        var thread = new Thread(() =>
        {
            while (channel.Receive(ControlJson.Default.BoxMessage, out var descriptors) is { } message)
            {
                switch (message)
                {
                    case BoxMessage.KeptSockets kept:
                        _kept.AddRange(kept.Connections.Zip(descriptors));
                        continue;
                    case BoxMessage.MemoryMissing missing:
                        _faults[missing.Number] = descriptors.Single();
                        continue;
                    case BoxMessage.MemoryComplete complete:
                        Assert.True(_faults.TryRemove(complete.Number, out var faults));
                        faults.Dispose();
                        continue;
                }

                _descriptors.AddRange(descriptors);
                _messages.Add(message);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return channel;
    }

    /// <summary>The keeper dies.</summary>
    public void CloseKeeper() => InternetSocket.EndSending(_channels[^1].Socket);

    /// <summary>The first message of that kind, seen already or still to come.</summary>
    public T Expect<T>(Func<T, bool>? matches = null)
        where T : BoxMessage
    {
        matches ??= _ => true;
        if (_seen.OfType<T>().FirstOrDefault(matches) is { } seen)
        {
            _seen.Remove(seen);
            return seen;
        }

        long start = Stopwatch.GetTimestamp();
        while (_messages.TryTake(out var message, Patience - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } left ? left : TimeSpan.Zero))
        {
            if (message is T wanted && matches(wanted))
            {
                return wanted;
            }

            _seen.Add(message);
            if (message is BoxMessage.StartFailed or BoxMessage.Exited)
            {
                break;
            }
        }

        Assert.Fail($"no {typeof(T).Name} within {Patience.TotalSeconds} s; seen: {string.Join("; ", _seen)}; log: {string.Join(" | ", Log)}; box.log: {Errors}{BoxLog}");
        return null!;
    }

    /// <summary>Freezes the machine; a program that has begun may not have come to rest yet.</summary>
    public void Freeze(long tickMs = 500, long reclaimAfterMs = 0)
    {
        string busy = "";
        Wait.Until(
            () =>
            {
                Send(new BoxMessage.Freeze { TickMs = tickMs, ReclaimAfterMs = reclaimAfterMs });
                var answer = Expect<BoxMessage>(message => message is BoxMessage.Frozen or BoxMessage.Busy);
                busy = (answer as BoxMessage.Busy)?.Reason ?? "";
                return answer is BoxMessage.Frozen;
            },
            () => $"it is frozen: {busy}");
    }

    /// <summary>The messages received and not yet expected.</summary>
    public IReadOnlyList<BoxMessage> Rest()
    {
        while (_messages.TryTake(out var message))
        {
            _seen.Add(message);
        }

        return _seen;
    }

    public BoxMessage.Exited ExpectExit()
    {
        var exited = Expect<BoxMessage.Exited>();
        Wait.Until(() => HasEnded, "the box ends after its last message");
        return exited;
    }

    public void Dispose()
    {
        if (!HasEnded)
        {
            Kill();
        }

        foreach (var faults in _faults.Values)
        {
            faults.Dispose();
        }

        _ended.Dispose();
        _process.Dispose();
        _channels.ForEach(channel => channel.Dispose());
        if (!_folderIsLent)
        {
            RemoveCgroups();
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>As the kernel or an operator would: without a chance to tidy up.</summary>
    public void Kill()
    {
        _process.Signal(9);
        Wait.Until(() => HasEnded, "the box ends by SIGKILL");
    }

    /// <summary>Kills what is left of it in its control group, as its keeper does.</summary>
    /// <returns>How many processes there were.</returns>
    public int KillGroup()
    {
        HashSet<int> left = [.. Groups().SelectMany(folder => File.ReadLines(Path.Combine(folder, "cgroup.procs"))).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
        foreach (int pid in left)
        {
            try
            {
                using var process = Pidfd.Open(pid);
                process.Signal(9);
            }
            catch (LinuxException exception) when (exception.Error == Errno.ESRCH)
            {
                // It has ended meanwhile.
            }
        }

        return left.Count;
    }

    /// <summary>A group is busy until its killed processes are gone.</summary>
    private static bool TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private IEnumerable<string> Groups() =>
        Directory.EnumerateDirectories("/sys/fs/cgroup").Select(hierarchy => Path.Combine(hierarchy, "figment-box-test", Path.GetFileName(Folder))).Where(Directory.Exists);

    private void RemoveCgroups()
    {
        foreach (string folder in Groups())
        {
            Wait.Until(() => TryDelete(folder), $"the last process leaves {folder}");
        }
    }
}
