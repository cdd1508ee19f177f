using Figment.Linux.Cgroups;
using Figment.Model.Control;
using Figment.Node.Errors;
using Figment.Node.Journal;
using Figment.Node.Keepers;
using Figment.Node.Telemetry;

namespace Figment.Node;

public sealed partial class NodeService
{
    /// <summary>Who asks more often gets the same sample: a look asks every keeper and reads files of every machine.</summary>
    private static readonly TimeSpan SampleAgeMax = TimeSpan.FromSeconds(1);

    /// <summary>A third of what Prometheus waits for an answer by default.</summary>
    private static readonly TimeSpan SampleKeeperMax = TimeSpan.FromSeconds(3);

    /// <summary>Of the moments of one event, as ledger and keeper tell them.</summary>
    private static readonly TimeSpan SameMoment = TimeSpan.FromMilliseconds(1);

    private readonly SemaphoreSlim _sampling = new(1, 1);
    private (long At, TelemetrySample Sample)? _sampled;

    /// <summary>Looks at the node for its metrics; what was seen is what <see cref="Telemetry"/> tells from then on.</summary>
    public async Task<TelemetrySample> SampleAsync(CancellationToken cancellation)
    {
        await _sampling.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_sampled is { } last && _parts.Time.GetElapsedTime(last.At) < SampleAgeMax)
            {
                return last.Sample;
            }

            long at = _parts.Time.GetTimestamp();
            var sample = await LookAsync(cancellation).ConfigureAwait(false);
            Telemetry.Observe(sample);
            _sampled = (at, sample);
            return sample;
        }
        finally
        {
            _sampling.Release();
        }
    }

    private async Task<TelemetrySample> LookAsync(CancellationToken cancellation)
    {
        IReadOnlyList<string> applications = [.. _parts.Journal.Applications().Select(record => record.Name)];
        var answers = await Task.WhenAll(applications.Select(async name => (Name: name, Reply: await QuickStatusAsync(name, cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
        var statuses = answers.SelectMany(answer => (answer.Reply.Machines ?? []).Select(status => (answer.Name, status))).ToDictionary(one => (one.Name, one.status.Machine), one => one.status);

        // After the keepers were asked: an interval that they said goes on and that has ended since is counted as ended.
        foreach (string application in applications)
        {
            _parts.Ledgers.Import(application);
        }

        var (ended, open) = _parts.Journal.Totals();
        var up = applications.ToHashSet(StringComparer.Ordinal);
        var now = _parts.Time.GetUtcNow();
        return new TelemetrySample
        {
            Applications = applications,
            Snapshots = [.. answers.SelectMany(answer => (answer.Reply.Snapshots ?? []).Select(count => (answer.Name, count)))],
            StoreBytes = StoreBytes(),
            StoreQuotaBytes = Options.Snapshots.QuotaBytes,
            Machines = [.. open.Where(one => up.Contains(one.Application)).Select(one => new MachineNow(
                one.Application,
                one.Interval.Machine,
                one.Interval.Service,
                one.Interval.State,
                statuses.GetValueOrDefault((one.Application, one.Interval.Machine)) is { } status ? MemoryBytes(status) : null))],
            Totals =
            [
                .. ended.Where(total => up.Contains(total.Application)),
                .. open.Where(one => up.Contains(one.Application)).Select(one => new MachineTotal
                {
                    Application = one.Application,
                    Machine = one.Interval.Machine,
                    Service = one.Interval.Service,
                    State = one.Interval.State,
                    WallUs = Math.Max(0, (now - one.Interval.Begin).Ticks / TimeSpan.TicksPerMicrosecond),
                    Usage = statuses.GetValueOrDefault((one.Application, one.Interval.Machine)) is { Spent: { } spent } status
                        && status.State == one.Interval.State
                        && (status.Since - one.Interval.Begin).Duration() < SameMoment ? spent : new(),
                }),
            ],
            Processes =
            [
                .. applications.Select(name => (Name: (string?)name, Pid: _parts.Keepers.Pid(name), Program: "figment-keeper"))
                    .Append((Name: null, Pid: Environment.ProcessId, Program: "figmentd"))
                    .Select(process => process.Pid is { } pid ? ProcessUse.Read(process.Program, process.Name, pid) : null)
                    .OfType<ProcessUse>(),
            ],
        };
    }

    /// <summary>Nothing if no keeper answers: metrics do not wait for one that comes back.</summary>
    private async Task<KeeperReply> QuickStatusAsync(string application, CancellationToken cancellation)
    {
        try
        {
            return await _parts.Keepers.Client(application).AskAsync(new KeeperRequest.Status(), SampleKeeperMax, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KeeperLostException or NodeException)
        {
            return new KeeperReply();
        }
    }

    /// <summary>The lengths of its files, without opening it: who looks at metrics makes none.</summary>
    private long? StoreBytes()
    {
        try
        {
            return Directory.Exists(Options.Places.Snapshots) ? new DirectoryInfo(Options.Places.Snapshots).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Files come and go.
            return null;
        }
    }

    private static long? MemoryBytes(MachineStatus status)
    {
        try
        {
            using var memory = status.Pid is null ? null : MemoryUse.Open(status.Cgroups);
            return memory?.ReadBytes();
        }
        catch (IOException)
        {
            // Its groups go with the machine.
            return null;
        }
    }

    internal string ServiceOf(string application, string machine) =>
        _launches.Find(application)?.Machines.FirstOrDefault(one => one.Name == machine)?.Service ?? NodeJournal.ServiceOf(machine);

    private void CountEvents(string application, IReadOnlyList<JournalEvent> events)
    {
        var services = _launches.Find(application)?.Machines.ToDictionary(machine => machine.Name, machine => machine.Service) ?? [];
        Telemetry.Record(application, events, machine => services.GetValueOrDefault(machine) ?? NodeJournal.ServiceOf(machine));
    }
}
