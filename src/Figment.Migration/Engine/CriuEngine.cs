using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Memory;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;
using Figment.Migration.Criu;
using Figment.Migration.Images;

namespace Figment.Migration.Engine;

/// <summary>CRIU, a process for each dump and restore.</summary>
/// <param name="program">Where it is.</param>
public sealed class CriuEngine(string program) : ICheckpointEngine
{
    /// <summary>Before it, TCP sockets of Linux 6.16 and later cannot be dumped.</summary>
    private static readonly Version Least = new(4, 2);
    private const int SIGKILL = 9;
    private static readonly TimeSpan VersionPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly Lazy<string?> _complaint = new(() => EngineTest.Run(new CriuEngine(program)));

    /// <inheritdoc/>
    public string? Complaint => _complaint.Value;

    /// <summary>Null, or why it is too old.</summary>
    /// <exception cref="CriuException">It does not say.</exception>
    public string? CheckVersion()
    {
        var response = Ask(new CriuRequest { Type = CriuRequestType.Version }, [], _ => true, VersionPatience);
        if (response is not { Success: true, Version: { } told })
        {
            throw new CriuException($"{program} does not say its version");
        }

        var version = new Version(told.Major, told.Minor, told.Sublevel);
        return version < Least ? $"{program} is CRIU {version}, {Least} or newer is needed: take it from your distribution, or run eng/install-criu.sh" : null;
    }

    /// <inheritdoc/>
    public string? CheckParent(string images, string facts)
    {
        if (TrackingFacts.Hides(images))
        {
            return $"{images} is in the folder where CRIU keeps what it knows of the kernel";
        }

        try
        {
            return new TrackingFacts(facts).Learn(() => Ask(new CriuRequest { Type = CriuRequestType.FeatureCheck, Features = new CriuFeatures { MemoryTracking = true } }, [], _ => true, VersionPatience) is { Success: true, Features.MemoryTracking: true });
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException or CriuException)
        {
            return exception.Message;
        }
    }

    /// <inheritdoc/>
    public void Dump(DumpOptions options, Func<bool> commit)
    {
        ArgumentNullException.ThrowIfNull(options);
        const string Log = "dump.log";
        var wanted = Options(options.Folder, Log);
        wanted.Pid = options.Pid;
        wanted.LeaveRunning = options.LeaveRunning;
        wanted.TcpSkipInFlight = true;
        if (options.LetPacketsPass)
        {
            wanted.NetworkLock = CriuNetworkLock.Skip;
        }

        if (options.FreezeGroup is { } group)
        {
            wanted.FreezeGroup = group;
        }

        wanted.External.AddRange(options.Mounts.Select(mount => $"mnt[{mount.Key}]:{mount.Value}"));
        Func<CriuStart, Pidfd> spawn = CriuStart.Spawn;
        var facts = options.Parent is { } parent ? new TrackingFacts(parent.Facts) : null;
        if (facts is not null)
        {
            wanted.ParentFolder = options.Parent!.Folder;
            wanted.MemoryTracking = true;
            spawn = facts.Start;
        }

        // A table that keeps packets away it makes only in another namespace than its own.
        bool isWithin = options is { Network: not null, LetPacketsPass: true };
        if (isWithin)
        {
            var other = spawn;
            spawn = start =>
            {
                using var network = FileCalls.Open($"/proc/{options.Pid}/ns/net", FileCalls.O_RDONLY);
                return NamespaceThread.Run(network, NamespaceKind.Network, () => other(start));
            };
        }
        else if (options.Network is not null)
        {
            // As CRIU names it: net[4026531840].
            string named = new FileInfo($"/proc/{options.Pid}/ns/net").LinkTarget ?? throw new CriuException($"process {options.Pid} has ended");
            wanted.External.Add($"{named.Replace(":", "", StringComparison.Ordinal)}:{options.Network}");
        }

        var owner = TreeOwner.Of(options.Pid);
        wanted.Unprivileged = owner is not null;
        bool? answer = null;
        bool isBegun = false;
        bool Answer(CriuNotice notice) => notice.Script switch
        {
            Notices.PreDump => (isBegun = true) && (options.Begin is null || options.Begin() || (answer = false).Value),
            Notices.PostDump => (answer = Commit()).Value,
            _ => true,
        };
        bool Commit()
        {
            if (isWithin)
            {
                NetworkImages.SetExternal(options.Folder, options.Network!);
            }

            return commit();
        }

        var response = Ask(new CriuRequest { Type = CriuRequestType.Dump, Options = wanted }, [], Answer, options.Patience, start => spawn(TreeOwner.As(start, owner)));

        // Told not to go on it reports that as a failure.
        if (!response.Success && answer != false)
        {
            if (!isBegun)
            {
                facts?.Forget();
            }

            throw Failure($"dump of process {options.Pid}", response, Path.Combine(options.Folder, Log));
        }
    }

    /// <inheritdoc/>
    public int? Restore(RestoreOptions options, Func<int, bool> commit)
    {
        ArgumentNullException.ThrowIfNull(options);
        const string Log = "restore.log";
        var wanted = Options(options.Folder, Log);
        wanted.RestoreSibling = true;
        wanted.LazyPages = options.Lazy is not null;
        if (options.LetPacketsPass)
        {
            wanted.NetworkLock = CriuNetworkLock.Skip;
        }

        if (options.Root is { } root)
        {
            wanted.Root = root;
        }

        wanted.External.AddRange(options.Mounts.Select(mount => $"mnt[{mount.Key}]:{mount.Value}"));
        var inherited = options.Descriptors.ToList();
        wanted.Inherited.AddRange(inherited.Select((pair, index) => new CriuInheritedDescriptor { Key = pair.Key, Fd = CriuSession.NumberOf(index) }));
        bool? answer = null;
        Pidfd? first = null;
        bool Answer(CriuNotice notice)
        {
            if (notice.Pid > 0)
            {
                first ??= Pidfd.Open(notice.Pid);
            }

            if (notice.Script != Notices.PostRestore)
            {
                return true;
            }

            options.Lazy?.Begin();
            return (answer = commit(notice.Pid)).Value;
        }

        CancellationTokenRegistration ending = default;
        Pidfd? criu = null;

        // Where a page of a range is restored and others are to come, a huge one would be in their way.
        Pidfd StartLazy(CriuStart start)
        {
            using var off = HugePages.Off();
            var process = (options.Start ?? CriuStart.Spawn)(start);
            var other = criu = Pidfd.Open(process.Pid);
            ending = options.Lazy!.Broken.Register(() => other.Signal(SIGKILL));
            return process;
        }

        bool isRestored = false;
        try
        {
            var response = Ask(new CriuRequest { Type = CriuRequestType.Restore, Options = wanted }, [.. inherited.Select(pair => pair.Value)], Answer, options.Patience, options.Lazy is null ? options.Start : StartLazy);
            isRestored = response.Success;
            return isRestored ? response.Restored.Pid : answer == false ? null : throw Failure($"restore from {options.Folder}", response, Path.Combine(options.Folder, Log));
        }
        catch (CriuException exception) when (options.Lazy?.Failure is { } reason)
        {
            throw new CriuException($"restore from {options.Folder} failed: {reason}", inner: exception);
        }
        finally
        {
            if (!isRestored)
            {
                // While what it lacks is still kept from it.
                End(first ??= Half(options.Folder));
            }

            first?.Dispose();
            ending.Dispose();
            criu?.Dispose();
        }
    }

    /// <summary>Of a restore that failed: CRIU may have been ended in the middle of it. All others of the tree end with the first, which is the init of their namespace.</summary>
    private static void End(Pidfd? first)
    {
        first?.Signal(SIGKILL);
        if (first?.AwaitEnd(EndPatience) == true)
        {
            first.Wait();
        }
    }

    /// <summary>The first process, of which CRIU has not said the number yet: in this PID namespace it is the one that it had, and a child of this process.</summary>
    private static Pidfd? Half(string folder)
    {
        try
        {
            int pid = ProcessTreeImage.First(folder);
            return File.ReadLines($"/proc/{pid}/status").Contains($"PPid:\t{Environment.ProcessId}") ? Pidfd.Open(pid) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ImageException)
        {
            return null; // it is not there
        }
    }

    private static CriuOptions Options(string folder, string log) => new()
    {
        ImagesDirFd = -1,
        ImagesDir = folder,
        LogLevel = 2,
        LogFile = log,
        NotifyScripts = true,
        TcpEstablished = true,
        FileLocks = true,
        ManageCgroups = true,
        ManageCgroupsMode = CriuCgroupMode.Ignore,
        NetworkLock = CriuNetworkLock.Nftables,
    };

    private static CriuException Failure(string what, CriuResponse response, string log)
    {
        Errno? error = response.HasError ? (Errno)response.Error : null;
        string cause = CriuLog.Cause(log) ?? (response.HasMessage && response.Message.Length > 0 ? response.Message.Trim() : "CRIU names no error");
        return new CriuException($"{what} failed: {cause}", error, CriuLog.Read(log));
    }

    private CriuResponse Ask(CriuRequest request, IReadOnlyList<Descriptor> inherited, Func<CriuNotice, bool> onNotice, TimeSpan patience, Func<CriuStart, Pidfd>? start = null)
    {
        try
        {
            using var session = CriuSession.Start(program, inherited, start ?? CriuStart.Spawn);
            return session.Ask(request, onNotice, patience);
        }
        catch (LinuxException exception)
        {
            throw new CriuException($"{program} does not start: {exception.Message}", exception.Error, inner: exception);
        }
    }

    /// <summary>CRIU's names for where it stops and asks. A no at <c>pre-resume</c> or later is not heeded: what was restored runs all the same.</summary>
    private static class Notices
    {
        public const string PreDump = "pre-dump";
        public const string PostDump = "post-dump";
        public const string PostRestore = "post-restore";
    }
}
