using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;
using Figment.Linux.Processes;

namespace Figment.Linux.Namespaces;

/// <summary>
/// Runs code in another namespace on a thread made for it, which ends afterwards: a pool thread would carry the namespace to whoever runs next.
/// Sockets and descriptors made there stay in that namespace for life.
/// </summary>
public static class NamespaceThread
{
    /// <summary>Enters an existing namespace (setns(2)) and runs there.</summary>
    public static T Run<T>(Descriptor @namespace, NamespaceKind kind, Func<T> body) =>
        OwnThread.Run("namespace", () =>
        {
            Enter(@namespace, kind);
            return body();
        });

    /// <summary>The calling thread enters and stays: one made for it, which nobody else uses afterwards.</summary>
    public static void Enter(Descriptor @namespace, NamespaceKind kind)
    {
        if (kind == NamespaceKind.Mount)
        {
            // Root and working directory go with it, so they must be this thread's alone.
            LinuxException.ThrowIfNegative(Libc.unshare(Libc.CLONE_FS), "unshare(2)", "CLONE_FS");
        }

        LinuxException.ThrowIfNegative(Libc.setns(@namespace.Number, (int)kind), "setns(2)", $"{kind} namespace");
    }

    /// <summary>Makes new namespaces (unshare(2)) and runs in them.</summary>
    public static T RunInNew<T>(NamespaceKind kinds, Func<T> body) =>
        OwnThread.Run("namespace", () =>
        {
            LinuxException.ThrowIfNegative(Libc.unshare((int)kinds), "unshare(2)", $"{kinds}");
            return body();
        });

    /// <summary>A descriptor of the calling thread's namespace.</summary>
    public static Descriptor OpenOwn(NamespaceKind kind) =>
        FileCalls.Open($"/proc/thread-self/ns/{FileName(kind)}", FileCalls.O_RDONLY);

    private static string FileName(NamespaceKind kind) => kind switch
    {
        NamespaceKind.Mount => "mnt",
        NamespaceKind.Cgroup => "cgroup",
        NamespaceKind.Uts => "uts",
        NamespaceKind.Ipc => "ipc",
        NamespaceKind.User => "user",
        NamespaceKind.Pid => "pid",
        NamespaceKind.Network => "net",
        NamespaceKind.Time => "time",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "one kind at a time"),
    };
}
