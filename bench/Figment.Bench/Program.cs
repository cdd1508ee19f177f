using System.Globalization;
using Figment.Bench.Ensembles;
using Figment.Bench.Measures;
using Figment.Bench.Moves;
using Figment.Bench.Probes;
using Figment.Bench.Reporting;
using Figment.Bench.Sides;
using Figment.Bench.Spikes;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench;

/// <summary>Runs one measure on the sides asked for; see bench/README.md.</summary>
internal static class Program
{
    private const string Usage = "Figment.Bench wake|connect|path|hundred|frozen|hibernate|processes|checkpoint|migrate|roll|overhead|warm|observe|timers|spike|recovery [--runs N] [--sides NAME,...] [--programs NAME,...]";

    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is ["probe", .. var probe])
        {
            return await Probe.RunAsync(probe);
        }

        if (arguments is not [var measure and ("wake" or "connect" or "path" or "hundred" or "frozen" or "hibernate" or "processes" or "checkpoint" or "migrate" or "roll" or "overhead" or "warm" or "observe" or "timers" or "spike" or "recovery"), .. var options])
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        int runs = measure switch { "hundred" => 3, "path" or "frozen" or "observe" or "timers" or "overhead" => 200, "spike" or "recovery" or "roll" => 5, "migrate" => 3, "checkpoint" or "processes" => 10, _ => 20 };
        string[] wanted = measure switch
        {
            "spike" => ["always on", "figment", "docker"],
            "recovery" => ["figment", "docker", "vm"],
            "hibernate" or "processes" or "checkpoint" => ["runc"],
            "migrate" => ["auto", "stopcopy", "naive", "fastfreeze"],
            _ => ["native", "docker", "figment"],
        };
        string[] programs = [];
        for (int index = 0; index < options.Length; index += 2)
        {
            switch (options[index..])
            {
                case ["--runs", var count, ..] when int.TryParse(count, CultureInfo.InvariantCulture, out int parsed) && parsed > 0:
                    runs = parsed;
                    break;
                case ["--sides", var names, ..]:
                    wanted = names.Split(',');
                    break;
                case ["--programs", var names, ..] when measure == "hibernate":
                    programs = names.Split(',');
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        using var interrupted = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            interrupted.Cancel();
        };
        IReadOnlyList<Row> rows = measure switch
        {
            "timers" => await TimersMeasure.RunAsync(runs, interrupted.Token),
            "spike" => await SpikeAsync(wanted, runs, interrupted.Token),
            "warm" => await WarmAsync(runs, interrupted.Token),
            "hibernate" or "processes" or "checkpoint" => await SnapshotsAsync(measure, wanted, programs, runs, interrupted.Token),
            "migrate" or "roll" => await MigrateAsync(measure, wanted, runs, interrupted.Token),
            "overhead" => await OverheadAsync(runs, interrupted.Token),
            "recovery" => await RecoveryAsync(wanted, runs, interrupted.Token),
            _ => await CompareAsync(measure, wanted, runs, interrupted.Token),
        };
        Report.Write(measure, rows, TimeProvider.System);
        return 0;
    }

    /// <summary>Figment and each server's own start always; runc unless it is left out.</summary>
    private static async Task<IReadOnlyList<Row>> SnapshotsAsync(string measure, IReadOnlyList<string> wanted, IReadOnlyList<string> programs, int runs, CancellationToken cancellation)
    {
        await using var daemons = new Daemons();
        await using var figment = new FigmentSide(await daemons.NodeAsync(cancellation), "figment", isInUse: false, 0);
        await using RuncSide? runc = wanted.Contains("runc") ? new RuncSide() : null;
        return await (measure switch
        {
            "hibernate" => HibernateMeasure.RunAsync(figment, runc, programs, runs, cancellation),
            "processes" => ProcessesMeasure.RunAsync(figment, runc, runs, cancellation),
            _ => CheckpointMeasure.RunAsync(figment, runc, runs, cancellation),
        });
    }

    /// <summary>Both daemons run all the time: the peers' containers are in the same nodes.</summary>
    private static async Task<IReadOnlyList<Row>> MigrateAsync(string measure, IReadOnlyList<string> wanted, int runs, CancellationToken cancellation)
    {
        await using NodePair nodes = await NodePair.OpenAsync(cancellation);
        if (measure == "roll")
        {
            return await RollMeasure.RunAsync(nodes.A, runs, TimeProvider.System, cancellation);
        }

        var sides = new List<IMover>();
        try
        {
            foreach (string name in wanted)
            {
                sides.Add(name switch
                {
                    "auto" or "precopy" or "postcopy" or "stopcopy" => new FigmentMover((nodes.A, nodes.B), name),
                    "naive" => RuncMover.Naive(),
                    "fastfreeze" => RuncMover.FastFreezeLike(),
                    _ => throw new ArgumentException($"there is no side \"{name}\"; sides are auto, precopy, postcopy, stopcopy, naive, fastfreeze", nameof(wanted)),
                });
            }

            return await MigrateMeasure.RunAsync(nodes.Wire, sides, runs, TimeProvider.System, cancellation);
        }
        finally
        {
            foreach (IMover side in sides)
            {
                await side.DisposeAsync();
            }
        }
    }

    /// <summary>What it costs that machines may move, and that they have.</summary>
    private static async Task<IReadOnlyList<Row>> OverheadAsync(int runs, CancellationToken cancellation)
    {
        const string Never = "never";
        await using var daemons = new Daemons();
        await using NodePair nodes = await NodePair.OpenAsync(cancellation);
        await using var alone = new FigmentSide(await daemons.NodeAsync(cancellation), "a node alone", isInUse: true, 0, Never);
        await using var member = new FigmentSide(nodes.A, "a node of two", isInUse: true, 1, Never);
        await using var moved = new FigmentSide(nodes.A, "moved there and back", isInUse: true, 2, Never, nodes.B);
        return await PathMeasure.RunAsync([alone, member, moved], runs, onlyConnects: false, cancellation);
    }

    private static async Task<IReadOnlyList<Row>> WarmAsync(int runs, CancellationToken cancellation)
    {
        await using var daemons = new Daemons();
        await using var figment = new FigmentSide(await daemons.NodeAsync(cancellation), "figment", isInUse: false, 0);
        return await WarmMeasure.RunAsync(figment, runs, cancellation);
    }

    private static async Task<IReadOnlyList<Row>> SpikeAsync(IReadOnlyList<string> wanted, int runs, CancellationToken cancellation)
    {
        await using var daemons = new Daemons();
        var sides = new List<ISpikeSide>();
        foreach (string name in wanted)
        {
            sides.Add(name switch
            {
                "figment" => new FigmentSpike(await daemons.NodeAsync(cancellation)),
                "always on" => new DockerSpike(await daemons.DockerAsync(cancellation), await DockerCompose.FindAsync(cancellation), name, SpikeFiles.Workers),
                "docker" => new DockerSpike(await daemons.DockerAsync(cancellation), await DockerCompose.FindAsync(cancellation), name, 1),
                _ => throw new ArgumentException($"there is no side \"{name}\"; sides are always on, figment, docker", nameof(wanted)),
            });
        }

        return await SpikeMeasure.RunAsync(sides, runs, TimeProvider.System, cancellation);
    }

    private static async Task<IReadOnlyList<Row>> RecoveryAsync(IReadOnlyList<string> wanted, int runs, CancellationToken cancellation)
    {
        await using var daemons = new Daemons();
        var sides = new List<IEnsemble>();
        foreach (string name in wanted)
        {
            sides.Add(name switch
            {
                "figment" => new FigmentEnsemble(await daemons.NodeAsync(cancellation)),
                "docker" => new DockerEnsemble(await daemons.DockerAsync(cancellation), await DockerCompose.FindAsync(cancellation)),
                "vm" => new GuestEnsemble(),
                _ => throw new ArgumentException($"there is no side \"{name}\"; sides are figment, docker, vm", nameof(wanted)),
            });
        }

        return await RecoveryMeasure.RunAsync(sides, runs, TimeProvider.System, cancellation);
    }

    private static async Task<IReadOnlyList<Row>> CompareAsync(string measure, IReadOnlyList<string> wanted, int runs, CancellationToken cancellation)
    {
        await using var sides = new SideSet();
        await (measure == "observe" ? sides.OpenObservedAsync(cancellation) : sides.OpenAsync(wanted, measure == "wake", cancellation));
        return measure switch
        {
            "wake" => await WakeMeasure.RunAsync(sides.Sides, runs, cancellation),
            "observe" => await ObserveMeasure.RunAsync(sides.Sides, runs, cancellation),
            "frozen" => await FrozenMeasure.RunAsync(sides.Sides, runs, cancellation),
            "hundred" => await HundredMeasure.RunAsync(sides.Sides, runs, cancellation),
            _ => await PathMeasure.RunAsync(sides.Sides, runs, measure == "connect", cancellation),
        };
    }
}
