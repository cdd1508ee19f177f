using System.Globalization;
using Figment.Linux.Memory;
using Figment.Migration.Lazy;

namespace Figment.Migration.Memory;

/// <summary>Which memory of a tree that stands still may be given after it has gone on elsewhere: there it must be able to lack it (<see cref="Images.ImagedMapping.MayBeLazy"/>).</summary>
internal static class OwedRules
{
    /// <summary>Null: some may be. Else why none, of this tree or on this kernel, after which its target's is judged.</summary>
    public static string? Complaint(IReadOnlyList<int> processes)
    {
        if (MissingPages.Complaint() is { } missing)
        {
            return $"pages that are touched cannot be given: {missing}";
        }

        ulong node = Reservation.NodeBytes(File.ReadLines("/proc/meminfo"));
        foreach (int process in processes)
        {
            // Not all of them are counted by the kernel, but how many of them maps does not say.
            if (MappedArea.Of(process).FirstOrDefault(area => !area.IsShared && area.Length > node) is { } large)
            {
                return string.Create(CultureInfo.InvariantCulture, $"process {process} has reserved {large.Length >> 30} GiB, more than this node's memory");
            }
        }

        return null;
    }

    /// <summary>Areas of each process that may be owed. What a process has where its parent has it they may share since a fork: it comes with the images, and stays shared.</summary>
    public static IReadOnlyDictionary<int, IReadOnlySet<PageRange>> Areas(IReadOnlyList<int> processes)
    {
        var areas = processes.ToDictionary(process => process, process => MappedArea.Of(process).Where(IsAnonymous).Select(area => new PageRange(area.Start, area.End)).ToHashSet());
        HashSet<PageRange> shared = [];
        foreach (var (process, own) in areas)
        {
            if (areas.TryGetValue((int)Number(process, "PPid:"), out var theirs))
            {
                shared.UnionWith(own.Intersect(theirs));
            }
        }

        return areas.ToDictionary(pair => pair.Key, IReadOnlySet<PageRange> (pair) => Number(pair.Key, "VmLck:") == 0 ? pair.Value.Except(shared).ToHashSet() : []);
    }

    /// <summary>Memory of its own: no file's, and none of the kernel's.</summary>
    internal static bool IsAnonymous(MappedArea area) => !area.IsShared && (area.Name is "" or "[heap]" or "[stack]" || area.Name.StartsWith("[anon:", StringComparison.Ordinal));

    private static long Number(int process, string key)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(key.Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // it has ended
        }
    }
}
