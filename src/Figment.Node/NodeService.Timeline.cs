using Figment.Api.Contract;
using Figment.Machines.Intervals;
using Figment.Model.Signals;
using Figment.Model.States;
using Figment.Node.Errors;
using Figment.Node.Journal;
using Figment.Node.Names;
using Figment.Node.Telemetry;
using Figment.Node.Usage;
using Figment.Node.Views;

namespace Figment.Node;

public sealed partial class NodeService
{
    /// <summary>As many as the journal keeps of an application.</summary>
    private const int TimelineEventsMax = 100_000;

    /// <summary>Machines with their states, wakes and use, and the node.</summary>
    /// <param name="application">Null: all.</param>
    /// <param name="cancellation">Ends the asking.</param>
    public async Task<TopView> TopAsync(string? application, CancellationToken cancellation)
    {
        IReadOnlyList<ApplicationRecord> records = application is null ? _parts.Journal.Applications() : [Require(application)];
        var machines = await Task.WhenAll(records.Select(record => TopMachinesAsync(record, cancellation))).ConfigureAwait(false);
        return new TopView { Node = NodeUsageReader.Read(_parts.Time.GetUtcNow()), Machines = [.. machines.SelectMany(some => some)] };
    }

    /// <summary>Intervals that touch a stretch of time, whole, by machine, oldest first, each with its cause; of an application that is down too, as long as the journal has them.</summary>
    /// <exception cref="NodeException">There is no such application.</exception>
    public async Task<IReadOnlyList<IntervalView>> TimelineAsync(string application, DateTimeOffset? since, DateTimeOffset? until, CancellationToken cancellation)
    {
        ObjectNames.CheckApplication(application);
        var record = _parts.Journal.Application(application);
        var running = record is null ? null : await StatusAsync(application, cancellation).ConfigureAwait(false);
        _parts.Ledgers.Import(application);
        var intervals = _parts.Journal.Intervals(application, since).Where(interval => until is null || interval.Begin < until).ToList();
        if (record is null && intervals.Count == 0)
        {
            throw new NodeException(ErrorCode.NotFound, $"there is no application {application} on this node, and the journal has nothing of one from then", "figment ls shows those that are up");
        }

        var from = intervals.Count == 0 ? since : intervals.Min(interval => interval.Begin);
        var events = new Dictionary<(string, long, MachineState), MachineEvent>();
        foreach (var view in _parts.Journal.Events(application, machine: null, from, TimelineEventsMax).Select(one => one.View))
        {
            events[(view.Event.Machine, Us(view.Event.At), view.Event.To)] = view.Event;
        }

        return [.. intervals.Select(interval => View(SoFar(interval, running), events.GetValueOrDefault((interval.Machine, Us(interval.Begin), interval.State))))];
    }

    private static long Us(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerMicrosecond;

    private static IntervalView View(MachineInterval interval, MachineEvent? begun) => new()
    {
        Machine = interval.Machine,
        Service = interval.Service,
        State = interval.State,
        Begin = interval.Begin,
        End = interval.End,
        Cause = interval.Cause,
        Signal = begun?.Cause,
        ExitCode = begun?.ExitCode,
        IsWake = interval.IsWake,
        Usage = interval.Usage,
    };

    private async Task<IReadOnlyList<TopMachine>> TopMachinesAsync(ApplicationRecord record, CancellationToken cancellation)
    {
        if (_launches.Find(record.Name) is not { } launch)
        {
            return [];
        }

        var statuses = await StatusAsync(record.Name, cancellation).ConfigureAwait(false) ?? [];
        var byName = statuses.ToDictionary(status => status.Machine);
        _parts.Ledgers.Import(record.Name);
        var wakes = _parts.Journal.Wakes(record.Name).ToDictionary(one => one.Machine);
        var now = _parts.Time.GetUtcNow();
        return
        [
            .. from view in MachineViews.Of(launch, record.Spec, statuses, now)
               let woken = wakes.GetValueOrDefault(view.Machine) ?? new MachineWakes(record.Name, view.Machine, 0, LastCause: null, LastAt: null)
               select new TopMachine
               {
                   Application = record.Name,
                   Machine = view.Machine,
                   Service = view.Service,
                   State = view.State,
                   Since = view.Since,
                   NotIdle = view.NotIdle,
                   Wakes = woken.Count,
                   LastWakeCause = woken.LastCause,
                   LastWakeAt = woken.LastAt,
                   Usage = byName.GetValueOrDefault(view.Machine) is { } status ? UsageReader.Read(record.Name, status, _parts.Time.GetUtcNow()) : null,
               },
        ];
    }
}
