using Figment.Linux.Mounts;
using Figment.Linux.Processes;

namespace Figment.Migration.Criu;

/// <summary>
/// What CRIU finds out about the kernel takes it some 40 ms. It keeps that in <c>/run</c>, but only where that is a memory file system, so that a reboot forgets it.
/// Elsewhere it gets such a <c>/run</c> in its own mount namespace, and what it kept there is kept for the next one under the name of this boot.
/// </summary>
public sealed class KernelFacts
{
    internal const string Folder = "/run";
    internal const string File = "/run/criu.kdat";

    private readonly string _kept;
    private string? _thread;

    /// <param name="root">The node's runtime folder.</param>
    public KernelFacts(string root) => _kept = FileOf(root);

    /// <summary>On a thread in CRIU's mount namespace, which stays there.</summary>
    /// <param name="needed">Folders that CRIU must see: none of them may be below <c>/run</c>.</param>
    public void Provide(params ReadOnlySpan<string> needed)
    {
        foreach (string path in needed)
        {
            if (path.StartsWith(Folder + "/", StringComparison.Ordinal))
            {
                return;
            }
        }

        byte[]? facts = System.IO.File.Exists(_kept) ? System.IO.File.ReadAllBytes(_kept) : null;
        if (facts is null && MountTable.Parse(System.IO.File.ReadLines("/proc/thread-self/mountinfo")).Any(mount => mount.Path == Folder && mount.FileSystem == "tmpfs"))
        {
            return;
        }

        Hide();
        if (facts is not null)
        {
            System.IO.File.WriteAllBytes(File, facts);
        }
        else
        {
            _thread = new FileInfo("/proc/thread-self").LinkTarget;
        }
    }

    /// <summary>Where it is kept, for this boot.</summary>
    /// <param name="root">The node's runtime folder.</param>
    internal static string FileOf(string root) => Path.Combine(root, $"criu-{NodeBoot.Id}.kdat");

    /// <summary>Whole or not at all.</summary>
    internal static void Keep(string file, byte[] facts)
    {
        string fresh = $"{file}.{Environment.ProcessId}";
        System.IO.File.WriteAllBytes(fresh, facts);
        System.IO.File.Move(fresh, file, overwrite: true);
    }

    /// <summary>Such a <c>/run</c>, with nothing in it.</summary>
    internal static void Hide() => MountCalls.Mount("tmpfs", Folder, "tmpfs", MountFlags.NoSetUser | MountFlags.NoDevices | MountFlags.NoExecute, "mode=700,size=1m");

    /// <summary>On any thread, when CRIU is done.</summary>
    /// <param name="warn">For what failed: the next restore takes a little longer.</param>
    public void Keep(Action<string> warn)
    {
        string found = $"/proc/{_thread}/root{File}";
        if (_thread is null || !System.IO.File.Exists(found))
        {
            return;
        }

        try
        {
            Keep(_kept, System.IO.File.ReadAllBytes(found));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            warn($"what CRIU knows of the kernel is not kept: {exception.Message}");
        }
    }
}
