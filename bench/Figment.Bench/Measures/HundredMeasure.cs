using System.Diagnostics;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Measures;

/// <summary>A hundred machines of one service: what they cost before anything runs, how long it takes to have all of them answer, and what they cost then.</summary>
internal static class HundredMeasure
{
    private const int Machines = 100;
    private const long StableBytes = 512 * 1024;
    private static readonly TimeSpan StableLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SamplePause = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<Row>> RunAsync(IReadOnlyList<ISide> sides, int runs, CancellationToken cancellation)
    {
        BenchProgram program = BenchProgram.BusyBox(Machines);
        var rows = new List<Row>();
        // One side after the other: memory of the whole machine is measured.
        foreach (ISide side in sides)
        {
            void Add(string subject, string unit, params List<double> values) => rows.AddRange(Row.Of("hundred", subject, unit, [KeyValuePair.Create(side.Name, values)]));
            Console.Error.WriteLine($"hundred: {side.Name}");
            long kernel = await StableKernelBytesAsync(cancellation);
            int supporting = side.SupportingProcesses().Count;

            long start = Stopwatch.GetTimestamp();
            await side.UpAsync([program], cancellation);
            Add("up", "s", Stopwatch.GetElapsedTime(start).TotalSeconds);
            Add("memory a machine, not running", "KiB", await MemoryAsync(side, kernel, cancellation));
            Add("supporting processes, not running", "", side.SupportingProcesses().Count - supporting);

            await side.RunAsync(program, cancellation);
            Add("memory a machine, running, without the program's own", "KiB", await MemoryAsync(side, kernel, cancellation));
            Add("supporting processes, running", "", side.SupportingProcesses().Count - supporting);
            var times = new List<double>();
            for (int run = 0; run < runs; run++)
            {
                times.Add(await side.WakeAllAsync(program, cancellation) / 1e6);
            }

            Add("all woken at once, until all have answered", "s", times);
            await side.DownAsync(cancellation);
        }

        return rows;
    }

    /// <summary>Kernel memory that came since, and what the supporting processes hold.</summary>
    private static async Task<double> MemoryAsync(ISide side, long kernelBefore, CancellationToken cancellation)
    {
        long kernel = await StableKernelBytesAsync(cancellation) - kernelBefore;
        return (kernel + side.SupportingProcesses().Sum(ProcessFiles.Pss)) / 1024.0 / Machines;
    }

    /// <summary>Namespaces are taken down in the background: waits until the kernel's memory stays the same.</summary>
    private static async Task<long> StableKernelBytesAsync(CancellationToken cancellation)
    {
        long last = long.MaxValue;
        long now = ProcessFiles.KernelBytes();
        await Deadline.UntilAsync(
            StableLimit,
            () => $"the kernel's memory stays within {StableBytes} bytes for a second (now {now}); something else is busy on this machine",
            async () =>
            {
                last = now;
                await Task.Delay(SamplePause, cancellation);
                now = ProcessFiles.KernelBytes();
                return Math.Abs(now - last) < StableBytes;
            },
            cancellation);
        return now;
    }
}
