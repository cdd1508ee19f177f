using Figment.Keeper.Lifecycle;
using Figment.Linux.Processes;
using Figment.Model.Control;
using Figment.Model.Launch;
using System.Globalization;

namespace Figment.Keeper.Hibernation;

/// <summary>
/// The folders in which an application's machines are on storage: one for each machine, specification and boot of the node, for a snapshot is of no use to another.
/// It is there from when it is complete until the machine goes on from it. The loop's thread.
/// </summary>
internal sealed class StoredMachines(Log log, TimeProvider time)
{
    private const string FolderName = "hibernated";

    /// <summary>In a snapshot's folder: it is of another machine.</summary>
    private const string CloneMark = "clone";

    public static string FolderOf(ApplicationLaunch launch, MachineLaunch machine) => Path.Combine(RootOf(launch, machine.Name), $"{NodeBoot.Id}-{machine.Revision}");

    /// <summary>Where the box is to put it.</summary>
    public static string Prepare(ApplicationLaunch launch, MachineLaunch machine)
    {
        // It holds the machine's memory, with what is secret there.
        Directory.CreateDirectory(RootOf(launch, machine.Name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return FolderOf(launch, machine);
    }

    /// <summary>Whether a snapshot goes there because the keeper puts the machine onto storage; a user's goes elsewhere.</summary>
    public static bool IsOwn(ApplicationLaunch launch, string machine, string folder) => Path.GetDirectoryName(folder) == RootOf(launch, machine);

    public static bool Has(ApplicationLaunch launch, MachineLaunch machine) => Directory.Exists(FolderOf(launch, machine));

    /// <summary>Whether it can be tried once more; what nothing can bring back any more is dropped.</summary>
    public bool Remains(ApplicationLaunch launch, MachineLaunch machine, BoxMessage.StartFailed failed)
    {
        if (failed.IsLost)
        {
            Drop(launch, machine.Name);
        }

        return Has(launch, machine);
    }

    /// <summary>Whether what is on storage of it is another machine's.</summary>
    public static bool IsClone(ApplicationLaunch launch, MachineLaunch machine) => File.Exists(Path.Combine(FolderOf(launch, machine), CloneMark));

    /// <summary>Remembers when it goes on by itself, for a keeper after this one.</summary>
    public void Remember(ApplicationLaunch launch, MachineLaunch machine, long? goesOnInMs)
    {
        if (goesOnInMs is { } ms)
        {
            try
            {
                File.WriteAllText(TimeOf(launch, machine), time.GetUtcNow().AddMilliseconds(ms).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                log.Write($"{machine.Name}: when it goes on by itself is not on storage: {exception.Message}");
            }
        }
    }

    /// <summary>The machines that are on storage, with the time until each goes on by itself. What else is there is removed, and what a keeper that was killed had begun to remove.</summary>
    public IReadOnlyDictionary<string, long?> Find(ApplicationLaunch launch)
    {
        var carried = launch.Machines.SelectMany(machine => CarriedMounts.Own(machine, launch.StateDirectory).Values);
        Overlays.Finish(launch.Machines.Select(machine => RootOf(launch, machine.Name)).Concat(carried).Select(path => Path.GetDirectoryName(path)!).Append(MachinesOf(launch)).Append(launch.StateDirectory).Distinct(), log);
        Dictionary<string, long?> found = [];
        foreach (var machine in launch.Machines)
        {
            string root = RootOf(launch, machine.Name);
            string folder = FolderOf(launch, machine);
            if (Directory.Exists(folder))
            {
                found.Add(machine.Name, GoesOnInMs(TimeOf(launch, machine)));
                foreach (string other in Directory.EnumerateDirectories(root).Where(path => path != folder).ToList())
                {
                    Overlays.Remove(other, log);
                }
            }
            else
            {
                Overlays.Remove(root, log);
            }
        }

        return found;
    }

    /// <summary>A snapshot made for later becomes what is on storage of the machine, and what it wrote then becomes what it has written.</summary>
    /// <param name="launch">The application.</param>
    /// <param name="machine">Which.</param>
    /// <param name="snapshot">Its folder.</param>
    /// <param name="isClone">It is another machine's.</param>
    /// <exception cref="IOException">It cannot be put there; what was there before may be gone.</exception>
    public void Place(ApplicationLaunch launch, MachineLaunch machine, string snapshot, bool isClone = false)
    {
        Drop(launch, machine.Name);
        if (isClone)
        {
            File.WriteAllBytes(Path.Combine(snapshot, CloneMark), []);
        }

        string written = Path.Combine(snapshot, BoxMessage.Checkpoint.WrittenFolder);
        if (Directory.Exists(written))
        {
            Overlays.Remove(machine.Root.OverlayDirectory, log);
            Directory.CreateDirectory(Path.GetDirectoryName(machine.Root.OverlayDirectory)!);
            Directory.Move(written, machine.Root.OverlayDirectory);
        }

        string carried = Path.Combine(snapshot, CarriedMounts.FolderName);
        foreach (var (name, place) in CarriedMounts.Own(machine, launch.StateDirectory).Where(own => Path.Exists(Path.Combine(carried, own.Key))))
        {
            // Empty, or of an attempt before.
            if (File.Exists(place))
            {
                File.Delete(place);
            }

            Overlays.Remove(place, log);
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            Directory.Move(Path.Combine(carried, name), place);
        }

        Directory.Move(snapshot, Prepare(launch, machine));
    }

    /// <summary>It is of no use any more.</summary>
    public void Drop(ApplicationLaunch launch, string machine) => Overlays.Remove(RootOf(launch, machine), log);

    private static string MachinesOf(ApplicationLaunch launch) => Path.Combine(launch.StateDirectory, "machines");

    private static string RootOf(ApplicationLaunch launch, string machine) => Path.Combine(MachinesOf(launch), machine, FolderName);

    private static string TimeOf(ApplicationLaunch launch, MachineLaunch machine) => FolderOf(launch, machine) + ".goes-on";

    private long? GoesOnInMs(string path)
    {
        try
        {
            return long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out long at) ? Math.Max(0, at - time.GetUtcNow().ToUnixTimeMilliseconds()) : 0;
        }
        catch (Exception exception) when (exception is FileNotFoundException)
        {
            return null;
        }
    }
}
