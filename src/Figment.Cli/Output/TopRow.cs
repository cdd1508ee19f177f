using Figment.Api.Contract;

namespace Figment.Cli.Output;

/// <summary>What one machine uses, as rates between two samples.</summary>
internal sealed record TopRow
{
    public required string Application { get; init; }

    public required string Machine { get; init; }

    /// <summary>100 is one core.</summary>
    public required double ProcessorPercent { get; init; }

    public required long MemoryBytes { get; init; }

    /// <summary>0: no limit.</summary>
    public required long MemoryLimitBytes { get; init; }

    public required int Processes { get; init; }

    public required double ReceivedBytesPerSecond { get; init; }

    public required double SentBytesPerSecond { get; init; }

    /// <summary>Rows of the machines that are in both samples, the busiest first.</summary>
    public static IReadOnlyList<TopRow> Between(IReadOnlyList<UsageView> before, IReadOnlyList<UsageView> after) =>
    [
        .. from now in after
           join then in before on (now.Application, now.Machine) equals (then.Application, then.Machine)
           let seconds = (now.At - then.At).TotalSeconds
           where seconds > 0
           select new TopRow
           {
               Application = now.Application,
               Machine = now.Machine,

               // A machine that ended and started in between has smaller counters: no negative rate.
               ProcessorPercent = Math.Round(Math.Max(0, now.ProcessorNanoseconds - then.ProcessorNanoseconds) / seconds / 1e7, 1),
               MemoryBytes = now.MemoryBytes,
               MemoryLimitBytes = now.MemoryLimitBytes,
               Processes = now.Processes,
               ReceivedBytesPerSecond = Math.Round(Math.Max(0, now.NetworkReceivedBytes - then.NetworkReceivedBytes) / seconds, 1),
               SentBytesPerSecond = Math.Round(Math.Max(0, now.NetworkSentBytes - then.NetworkSentBytes) / seconds, 1),
           }
           into row
           orderby row.ProcessorPercent descending, row.MemoryBytes descending, row.Application, row.Machine
           select row,
    ];
}
