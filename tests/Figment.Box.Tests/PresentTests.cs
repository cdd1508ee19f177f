using System.Globalization;
using Figment.Box.Tests.Harness;
using Figment.Linux.Files;
using Figment.Linux.Sockets;

namespace Figment.Box.Tests;

/// <summary>native/present: a box that waits for its launch touches no page for the first time when the launch comes (docs/decisions/0011).</summary>
public sealed class PresentTests
{
    private const int HeapKilobytes = 512;

    [Fact]
    public async Task A_box_that_waits_has_its_program_and_heap_in_memory()
    {
        var (ours, theirs) = DescriptorSocket.Pair();
        var (errorReader, errorWriter) = FileCalls.Pipe();
        using (ours)
        using (errorReader)
        {
            using var process = BoxSpawn.Start(theirs, errorWriter);
            theirs.Dispose();
            errorWriter.Dispose();
            using var limit = new CancellationTokenSource(TestBox.Patience);
            (long Absent, long Heap) memory;
            while ((memory = Memory(process.Pid)) is not (0, >= HeapKilobytes))
            {
                Assert.False(limit.IsCancellationRequested, $"{memory.Absent} KiB of the program's code are not in memory, {memory.Heap} KiB of private memory are");
                await Task.Delay(10);
            }
        }
    }

    /// <summary>KiB of the program's own read-only segments that are not in memory, and KiB of anonymous memory that are.</summary>
    private static (long Absent, long Heap) Memory(int pid)
    {
        long code = 0, absent = 0, heap = 0, size = 0;
        bool isCode = false, isAnonymous = false;
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!words[0].EndsWith(':'))
            {
                isCode = words[^1] == BoxFiles.Box && words[1][1] == '-';
                isAnonymous = words.Length == 5 && words[1].StartsWith("rw", StringComparison.Ordinal);
            }
            else if (words[0] == "Size:")
            {
                size = long.Parse(words[1], CultureInfo.InvariantCulture);
            }
            else if (words[0] == "Rss:")
            {
                long resident = long.Parse(words[1], CultureInfo.InvariantCulture);
                code += isCode ? size : 0;
                absent += isCode ? size - resident : 0;
                heap += isAnonymous ? resident : 0;
            }
        }

        return (code > 0 ? absent : long.MaxValue, heap);
    }
}
