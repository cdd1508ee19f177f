using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Native;

namespace Figment.Linux.NetworkNamespaces;

/// <summary>
/// A dedicated thread that goes from one network namespace to the next, so that work on a hundred of them costs one thread. It ends with the work.
/// The walk may only be used inside the work that it was given to.
/// </summary>
public sealed class NamespaceWalk
{
    private NamespaceWalk()
    {
    }

    /// <summary>Runs the work on its own thread, which starts in <paramref name="first"/>.</summary>
    public static T Run<T>(Descriptor first, Func<NamespaceWalk, T> work) =>
        NamespaceThread.Run(first, NamespaceKind.Network, () => work(new NamespaceWalk()));

    /// <summary>Starts a thread that lives in one namespace until its work is done. The descriptor is the thread's from now on.</summary>
    public static Thread Start(Descriptor network, string name, Action work)
    {
        var thread = new Thread(() =>
        {
            using (network)
            {
                new NamespaceWalk().Enter(network);
            }

            work();
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return thread;
    }

    /// <summary>From now on this thread is in that namespace.</summary>
    public void Enter(Descriptor network) =>
        LinuxException.ThrowIfNegative(Libc.setns(network.Number, (int)NamespaceKind.Network), "setns(2)", "network namespace");

    /// <summary>From now on this thread is in a namespace that did not exist before.</summary>
    public void EnterNew() => LinuxException.ThrowIfNegative(Libc.unshare((int)NamespaceKind.Network), "unshare(2)", "network namespace");

    /// <summary>A descriptor of the namespace that this thread is in.</summary>
    public Descriptor OpenCurrent() => NamespaceThread.OpenOwn(NamespaceKind.Network);
}
