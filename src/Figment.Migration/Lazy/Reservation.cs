using System.Globalization;
using Figment.Migration.Images;

namespace Figment.Migration.Lazy;

/// <summary>
/// Where memory comes when it is touched CRIU makes all private mappings twice and writable, which the kernel counts as memory that may be used (Documentation/mm/overcommit-accounting):
/// one that is larger than the node's memory it refuses.
/// </summary>
internal static class Reservation
{
    /// <summary>vm.overcommit_memory: the kernel never counts; it always does.</summary>
    private const string Never = "1";
    private const string Always = "2";

    /// <summary>Null: the kernel gives what CRIU asks for. Else which process of a dump has what it does not give.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static string? Complaint(string images)
    {
        string policy = File.ReadAllText("/proc/sys/vm/overcommit_memory").Trim();
        return policy switch
        {
            Never => null,
            Always => "vm.overcommit_memory is 2: the kernel counts all that is mapped, and CRIU maps it twice",
            _ => Complaint(images, NodeBytes(File.ReadLines("/proc/meminfo"))),
        };
    }

    /// <param name="images">Of a dump.</param>
    /// <param name="bytes">The node's memory, with what it may swap.</param>
    internal static string? Complaint(string images, ulong bytes)
    {
        foreach (int process in MemoryImages.Processes(images))
        {
            if (MappingImages.Of(images, process).FirstOrDefault(mapping => mapping.IsReserved && mapping.Range.Length > bytes) is { } large)
            {
                return string.Create(CultureInfo.InvariantCulture, $"process {process} ({MappingImages.Command(images, process)}) has reserved {large.Range.Length >> 30} GiB, more than this node's memory");
            }
        }

        return null;
    }

    /// <summary>MemTotal and SwapTotal, which stand in kB.</summary>
    internal static ulong NodeBytes(IEnumerable<string> lines) =>
        lines.Where(line => line.StartsWith("MemTotal:", StringComparison.Ordinal) || line.StartsWith("SwapTotal:", StringComparison.Ordinal))
            .Aggregate(0ul, (sum, line) => sum + (ulong.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10));
}
