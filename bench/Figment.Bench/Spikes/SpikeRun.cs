using System.Collections.Immutable;
using System.Globalization;
using Figment.Bench.Reporting;

namespace Figment.Bench.Spikes;

/// <summary>What one run of one side showed. Times count from the step.</summary>
internal sealed record SpikeRun
{
    public const int BinMs = 100;

    /// <summary>What belongs to the step itself; what is due later is what comes afterwards.</summary>
    public const int FirstMs = 2_000;

    /// <summary>How long before the step the series begins.</summary>
    public const int BeforeMs = 2_000;

    private const string Columns = "round\trevision\tside\trequests\tfailed\tworkers_before\tworkers_after\tfirst_p50_ms\tfirst_p99_ms\tafter_p50_ms\tafter_p99_ms\tafter_per_s\tcompleted_per_100_ms";

    /// <summary>When the round began: runs of one round are compared with each other.</summary>
    public required string Round { get; init; }

    public required string Revision { get; init; }

    public required string Side { get; init; }

    public required int Requests { get; init; }

    public required int Failed { get; init; }

    /// <summary>That answered requests due before the step.</summary>
    public required int WorkersBefore { get; init; }

    /// <summary>That answered in the last second.</summary>
    public required int WorkersAfter { get; init; }

    /// <summary>Milliseconds from when a request was due to its answer, of those due in the first two seconds.</summary>
    public required double FirstP50Ms { get; init; }

    public required double FirstP99Ms { get; init; }

    /// <summary>Of those due later.</summary>
    public required double AfterP50Ms { get; init; }

    public required double AfterP99Ms { get; init; }

    /// <summary>Answers a second from two seconds after the step until the load ends.</summary>
    public required double AfterPerSecond { get; init; }

    /// <summary>Good answers in each interval of <see cref="BinMs"/>, from <see cref="BeforeMs"/> before the step until the load ends.</summary>
    public required ImmutableArray<int> Completed { get; init; }

    public static string Header => Columns;

    /// <summary>From what the load probe printed after <c>step</c>.</summary>
    public static SpikeRun Of(string round, string revision, string side, int loadSeconds, IEnumerable<string> lines)
    {
        var requests = lines.Select(line => line.Split('\t')).Select(words => new
        {
            MomentMs = Number(words[0]) / 1000,
            TimeMs = Number(words[1]) / 1000,
            EndMs = (Number(words[0]) + Number(words[1])) / 1000,
            IsGood = words[2] == "200",
            Worker = words[3],
        }).ToList();
        var completed = new int[(BeforeMs + (loadSeconds * 1000)) / BinMs];
        foreach (var request in requests.Where(request => request.IsGood))
        {
            int bin = (int)Math.Floor((request.EndMs + BeforeMs) / BinMs);
            if (bin >= 0 && bin < completed.Length)
            {
                completed[bin]++;
            }
        }

        double[] first = [.. requests.Where(request => request.MomentMs is >= 0 and < FirstMs).Select(request => request.TimeMs).Order()];
        double[] after = [.. requests.Where(request => request.MomentMs >= FirstMs).Select(request => request.TimeMs).Order()];
        return new SpikeRun
        {
            Round = round,
            Revision = revision,
            Side = side,
            Requests = requests.Count,
            Failed = requests.Count(request => !request.IsGood),
            WorkersBefore = requests.Where(request => request.IsGood && request.MomentMs < 0).Select(request => request.Worker).Distinct().Count(),
            WorkersAfter = requests.Where(request => request.IsGood && request.EndMs > (loadSeconds - 1) * 1000).Select(request => request.Worker).Distinct().Count(),
            FirstP50Ms = Summary.Quantile(first, 0.5),
            FirstP99Ms = Summary.Quantile(first, 0.99),
            AfterP50Ms = Summary.Quantile(after, 0.5),
            AfterP99Ms = Summary.Quantile(after, 0.99),
            AfterPerSecond = completed.Skip((BeforeMs + FirstMs) / BinMs).Average() * 1000 / BinMs,
            Completed = [.. completed],
        };
    }

    public string ToLine() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Round}\t{Revision}\t{Side}\t{Requests}\t{Failed}\t{WorkersBefore}\t{WorkersAfter}\t{FirstP50Ms:F1}\t{FirstP99Ms:F1}\t{AfterP50Ms:F1}\t{AfterP99Ms:F1}\t{AfterPerSecond:F1}\t{string.Join(' ', Completed)}");

    public static SpikeRun Parse(string line)
    {
        string[] words = line.Split('\t');
        return new SpikeRun
        {
            Round = words[0],
            Revision = words[1],
            Side = words[2],
            Requests = (int)Number(words[3]),
            Failed = (int)Number(words[4]),
            WorkersBefore = (int)Number(words[5]),
            WorkersAfter = (int)Number(words[6]),
            FirstP50Ms = Number(words[7]),
            FirstP99Ms = Number(words[8]),
            AfterP50Ms = Number(words[9]),
            AfterP99Ms = Number(words[10]),
            AfterPerSecond = Number(words[11]),
            Completed = [.. words[12].Split(' ').Select(word => (int)Number(word))],
        };
    }

    /// <summary>
    /// Seconds from the step until throughput is what it is to be: the first interval that has, and with which begins a second that has, 95 % of the over-provisioned side's throughput afterwards.
    /// An interval with more than that, as when a queue is worked off, counts as that: it makes up for no other.
    /// </summary>
    /// <param name="perSecond">The over-provisioned side's throughput in the same round.</param>
    /// <returns>The interval's end; null if there is none.</returns>
    public double? SecondsToReach(double perSecond)
    {
        const double Share = 0.95;
        const int BinsASecond = 1000 / BinMs;
        double full = perSecond / BinsASecond;
        int step = BeforeMs / BinMs;
        for (int bin = step; bin + BinsASecond <= Completed.Length; bin++)
        {
            if (Completed[bin] >= Share * full && Completed.Skip(bin).Take(BinsASecond).Sum(count => Math.Min(count, full)) >= Share * full * BinsASecond)
            {
                return (bin + 1 - step) * BinMs / 1000.0;
            }
        }

        return null;
    }

    private static double Number(string word) => double.Parse(word, CultureInfo.InvariantCulture);
}
