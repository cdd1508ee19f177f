using System.Globalization;

namespace Figment.Bench.Moves;

/// <summary>One move, as its client saw it.</summary>
internal sealed record MoveRun
{
    public const string Header = "round\trevision\tside\tmegabytes\tgigabits\tload\tpause_ms\tconnections_lost\tfailed_requests\tlost_writes\tmove_s";

    /// <summary>When the round began: runs of one round are compared with each other.</summary>
    public required string Round { get; init; }

    public required string Revision { get; init; }

    public required string Side { get; init; }

    public required int Megabytes { get; init; }

    /// <summary>A second, of the wire.</summary>
    public required int Gigabits { get; init; }

    /// <summary><c>idle</c> or <c>write</c>.</summary>
    public required string Load { get; init; }

    /// <summary>The longest time from one answer to the next.</summary>
    public required double PauseMs { get; init; }

    public required int ConnectionsLost { get; init; }

    /// <summary>Requests that got no answer.</summary>
    public required int FailedRequests { get; init; }

    /// <summary>Writes that were acknowledged and are not there afterwards.</summary>
    public required int LostWrites { get; init; }

    /// <summary>From the command to its end.</summary>
    public required double MoveSeconds { get; init; }

    public string Subject => string.Create(CultureInfo.InvariantCulture, $"redis {Megabytes} MB, {Gigabits} Gbit/s, {(Load == "idle" ? "idle" : "5,000 writes/s")}");

    public string ToLine() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Round}\t{Revision}\t{Side}\t{Megabytes}\t{Gigabits}\t{Load}\t{PauseMs:F1}\t{ConnectionsLost}\t{FailedRequests}\t{LostWrites}\t{MoveSeconds:F2}");

    public static MoveRun Parse(string line)
    {
        string[] words = line.Split('\t');
        return new MoveRun
        {
            Round = words[0],
            Revision = words[1],
            Side = words[2],
            Megabytes = int.Parse(words[3], CultureInfo.InvariantCulture),
            Gigabits = int.Parse(words[4], CultureInfo.InvariantCulture),
            Load = words[5],
            PauseMs = double.Parse(words[6], CultureInfo.InvariantCulture),
            ConnectionsLost = int.Parse(words[7], CultureInfo.InvariantCulture),
            FailedRequests = int.Parse(words[8], CultureInfo.InvariantCulture),
            LostWrites = int.Parse(words[9], CultureInfo.InvariantCulture),
            MoveSeconds = double.Parse(words[10], CultureInfo.InvariantCulture),
        };
    }
}
