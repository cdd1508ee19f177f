using System.Diagnostics;
using System.Globalization;
using static Figment.Keeper.Tests.Fabric.TestNode;

namespace Figment.Keeper.Tests.Fabric;

/// <summary>What a hundred imaginary machines cost the node. The figures are printed; only gross changes fail. Alone: others would be counted too.</summary>
[CollectionDefinition(nameof(CostTests), DisableParallelization = true)]
[Collection(nameof(CostTests))]
public sealed class CostTests(ITestOutputHelper output) : IDisposable
{
    private const int Machines = 100;

    private readonly TestNode _node = new();

    [Fact]
    public void A_hundred_machines_are_made_in_seconds_and_cost_little_memory()
    {
        var fabric = _node.Fabric("crowd");
        var launch = _node.Launch(
            "crowd",
            NewTag(),
            [Network("default", 0, 1)],
            [.. Enumerable.Range(1, Machines).Select(number => Machine($"web-{number}", Interface("default", 1, number + 1)))]);

        // What the first network costs once (code, tables) is not the machines'.
        fabric.Apply(launch with { Machines = [.. launch.Machines.Take(1)] });
        long before = KernelKiB();
        double made = Seconds(() => fabric.Apply(launch));
        long kernelKiB = (KernelKiB() - before) / (Machines - 1);
        double again = Seconds(() => fabric.Apply(launch));
        double removed = Seconds(fabric.Remove);

        string report = $"{Machines} machines: made in {made:0.00} s, applied again in {again:0.00} s, removed in {removed:0.00} s, kernel {kernelKiB} KiB a machine";
        output.WriteLine(report);
        TestContext.Current.SendDiagnosticMessage(report);
        Assert.InRange(made, 0, 30);
        Assert.InRange(kernelKiB, 1, 2000);
    }

    public void Dispose() => _node.Dispose();

    private static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static long KernelKiB() => File.ReadLines("/proc/meminfo")
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(fields => fields[0] is "Slab:" or "Percpu:" or "PageTables:" or "KernelStack:")
        .Sum(fields => long.Parse(fields[1], CultureInfo.InvariantCulture));
}
