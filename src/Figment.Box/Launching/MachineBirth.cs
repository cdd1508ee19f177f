using Figment.Box.Diagnostics;
using Figment.Linux.Cgroups;
using Figment.Linux.Children;
using Figment.Linux.Credentials;
using Figment.Linux.Errors;
using Figment.Linux.Processes;
using Figment.Linux.Seccomp;
using Figment.Migration.Lazy;
using Figment.Model.Control;

namespace Figment.Box.Launching;

/// <summary>What every way to a running machine has in common: its root, its control groups, and a thread on which its namespaces are made.</summary>
internal abstract class MachineBirth(BoxMessage.Launch launch, StartTimeline timeline, Action<string> warn) : IDisposable
{
    private readonly TaskCompletionSource _filesPrepared = new();
    private readonly TaskCompletionSource _prepared = new();
    private readonly TaskCompletionSource _over = new();
    private Thread? _thread;

    /// <summary>Null until it was made.</summary>
    public MachineCgroup? Cgroup { get; private set; }

    /// <summary>Mount points that were made for the machine. Null: all that it has, for it may mount nothing itself.</summary>
    public IReadOnlySet<string>? Mounts { get; protected set; }

    /// <summary>Done when all of its memory is there, with how it came if it came after the program ran; cancelled: it does not come.</summary>
    public virtual Task<LazyReport?> Memory => Task.FromResult<LazyReport?>(null);

    protected CapabilitySet Capabilities { get; } = CapabilitySet.Parse(launch.Machine.Capabilities).Within(CapabilitySet.OwnPermitted());

    protected BoxMessage.Launch Launch => launch;

    protected StartTimeline Timeline => timeline;

    protected Action<string> Warn => warn;

    protected MachineRoot Root { get; } = new(launch, warn);

    protected WrittenBefore Written { get; } = new(launch.Machine.Root.OverlayDirectory);

    /// <summary>Forked on the launch thread. It joins the machine's groups before all else.</summary>
    protected PreparedChild Child { get; } = new();

    /// <summary>The launch thread begins to make namespaces and root. It lives as long as the box, for the program ends with it.</summary>
    public void Begin()
    {
        var thread = new Thread(() =>
        {
            if (OnLaunchThread())
            {
                _over.Task.Wait();
            }
        })
        {
            IsBackground = true,
            Name = "launch",
        };
        _thread = thread;
        thread.Start();
    }

    /// <summary>It came to nothing: no process of it is left, and nothing that it mounted.</summary>
    public virtual void Abandon()
    {
        _over.SetResult();
        _thread!.Join();
        Dispose();
    }

    /// <summary>Makes the overlay and the control groups meanwhile, and sees it through: the program runs when this returns.</summary>
    /// <param name="watch">Takes the listener of its trapped calls.</param>
    /// <exception cref="LaunchFailedException">Says why not.</exception>
    public (Pidfd Process, ProgramStreams Streams) Finish(Action<TrapListener> watch)
    {
        try
        {
            MakeRootAndGroups();
            return Complete(watch);
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, $"start {launch.Machine.Name}: {exception.Message}", exception);
        }
    }

    /// <summary>What can wait until the program runs.</summary>
    public void Tidy()
    {
        Root.Tidy();
        try
        {
            Written.Tidy();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            warn($"what the machine had written before stays: {exception.Message}");
        }
    }

    public virtual void Dispose()
    {
        Root.Dispose();
        Child.Dispose();
    }

    /// <summary>False: it failed, and who completes is told.</summary>
    protected abstract bool OnLaunchThread();

    protected abstract (Pidfd Process, ProgramStreams Streams) Complete(Action<TrapListener> watch);

    /// <summary>On the launch thread, in the mount namespace that becomes the machine's: its root is entered when this returns.</summary>
    /// <param name="fill">An empty volume is filled from the image.</param>
    protected void MakeRoot(bool fill)
    {
        _filesPrepared.Task.GetAwaiter().GetResult();
        Root.Prepare();
        timeline.Done("sources");
        _prepared.Task.GetAwaiter().GetResult();
        Root.PrepareMounts(fill);
        Root.Enter();
        timeline.Done("root");
    }

    /// <summary>Before there is any overlay of the machine's. With the node's root.</summary>
    protected virtual void PrepareFiles()
    {
        Directory.CreateDirectory(launch.Machine.Root.OverlayDirectory);
        Written.PutBack();
    }

    /// <summary>What needs none of the machine's namespaces.</summary>
    private void MakeRootAndGroups()
    {
        try
        {
            PrepareFiles();
            _filesPrepared.SetResult();
            Root.MakeOverlay();
            timeline.Done("overlay");
            Cgroup = MachineCgroup.Create(CgroupLayout.Detect(), launch.Cgroup);
            ResourceLimits.Apply(Cgroup, launch.Machine.Resources, warn);
            Root.PrepareGroups(Cgroup);
            Child.AddJoin(Cgroup);
            timeline.Done("control group");
            _prepared.SetResult();
        }
        catch (Exception exception)
        {
            _filesPrepared.TrySetException(exception);
            _prepared.SetException(exception);
        }
    }
}
