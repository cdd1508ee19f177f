namespace Figment.Simulation;

/// <summary>Things that go wrong, or that users do, at moments that the seed decides. Rates are events an hour in a part of the application that stands alone.</summary>
public sealed record FaultPlan
{
    public ulong Seed { get; init; } = 1;

    /// <summary>A program that runs ends with code 1.</summary>
    public double CrashesPerHour { get; init; }

    /// <summary>A box is killed, and its program ends with it.</summary>
    public double BoxKillsPerHour { get; init; }

    /// <summary>The keeper is killed; another one adopts what is there.</summary>
    public double KeeperKillsPerHour { get; init; }

    /// <summary>A user stops a machine, and starts it again after a minute.</summary>
    public double StopsPerHour { get; init; }

    public double RestartsPerHour { get; init; }

    /// <summary>How long no keeper is there.</summary>
    public long KeeperAwayUs { get; init; } = 300_000;

    /// <summary>Nothing goes wrong from then on; null: never stops.</summary>
    public long? UntilUs { get; init; }

    public bool IsNone => CrashesPerHour + BoxKillsPerHour + KeeperKillsPerHour + StopsPerHour + RestartsPerHour <= 0;
}
