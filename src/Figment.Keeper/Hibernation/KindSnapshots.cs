using Figment.Keeper.Lifecycle;
using Figment.Model.Launch;

namespace Figment.Keeper.Hibernation;

/// <summary>
/// The folders of the snapshots from which machines begin: one for each kind, in it one for each machine of which such a snapshot was taken, complete under that name or not there. Any of them will do.
/// The loop's thread.
/// </summary>
internal sealed class KindSnapshots(Log log)
{
    private const string FolderName = "warm";

    /// <summary>What a box calls a folder that is not complete.</summary>
    private const string UnfinishedSuffix = ".new";

    /// <summary>Where the box is to put it.</summary>
    public static string Prepare(ApplicationLaunch launch, MachineLaunch machine)
    {
        // It holds the machine's memory, with what is secret there.
        string folder = FolderOf(launch, machine.Kind);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Path.Combine(folder, machine.Name);
    }

    /// <summary>Whether a snapshot that a box tells of is one of these.</summary>
    public static bool IsOwn(ApplicationLaunch launch, string folder) => Path.GetDirectoryName(Path.GetDirectoryName(folder)) == RootOf(launch);

    /// <summary>Null: there is none.</summary>
    public static string? Of(ApplicationLaunch launch, string kind) =>
        Directory.Exists(FolderOf(launch, kind))
            ? Directory.EnumerateDirectories(FolderOf(launch, kind)).Where(folder => !folder.EndsWith(UnfinishedSuffix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).FirstOrDefault()
            : null;

    /// <summary>The kinds of which there is one. What is there of others is removed.</summary>
    public IReadOnlySet<string> Find(ApplicationLaunch launch)
    {
        var kinds = launch.Machines.Where(machine => machine.FromSnapshot).Select(machine => machine.Kind).ToHashSet(StringComparer.Ordinal);
        if (Directory.Exists(RootOf(launch)))
        {
            foreach (string folder in Directory.EnumerateDirectories(RootOf(launch)).Where(folder => !kinds.Contains(Path.GetFileName(folder))).ToList())
            {
                Overlays.Remove(folder, log);
            }
        }

        return kinds.Where(kind => Of(launch, kind) is not null).ToHashSet(StringComparer.Ordinal);
    }

    public void Drop(ApplicationLaunch launch, string kind) => Overlays.Remove(FolderOf(launch, kind), log);

    /// <summary>The application is down.</summary>
    public void DropAll(ApplicationLaunch launch) => Overlays.Remove(RootOf(launch), log);

    private static string RootOf(ApplicationLaunch launch) => Path.Combine(launch.StateDirectory, FolderName);

    private static string FolderOf(ApplicationLaunch launch, string kind) => Path.Combine(RootOf(launch), kind);
}
