using Figment.Api.Contract;
using Figment.Machines.Intervals;
using Figment.Model;
using Figment.Model.Control;
using Figment.Model.States;
using Figment.Node.Doctor;
using Figment.Node.Errors;
using Figment.Node.Journal;
using Figment.Node.Keepers;
using Figment.Node.Logs;
using Figment.Node.Usage;
using Figment.Node.Views;

namespace Figment.Node;

public sealed partial class NodeService
{
    /// <summary>Events in one answer at most; more are read with <c>since</c>.</summary>
    public const int EventsMax = 10_000;

    /// <summary>A keeper is there again after 0.1 to 2 s; who asks meanwhile waits, but not for one that cannot start.</summary>
    private static readonly TimeSpan KeeperReturnMax = TimeSpan.FromSeconds(5);

    /// <summary>The journal knows it.</summary>
    public bool Exists(string application) => _parts.Journal.Application(application) is not null;

    /// <exception cref="NodeException">There is no such application or machine.</exception>
    public void CheckMachine(string application, string machine) => RequireMachine(application, machine);

    public async Task<DoctorView> DoctorAsync(CancellationToken cancellation)
    {
        var node = await new NodeDoctor(_parts.Options, [.. _parts.Journal.Applications().Select(application => application.Tag)]).CheckAsync(cancellation).ConfigureAwait(false);
        return node with { Checks = [.. node.Checks, NodeDoctor.Idleness(await MachinesAsync(null, cancellation).ConfigureAwait(false))] };
    }

    public async Task<IReadOnlyList<ApplicationSummary>> ListAsync(CancellationToken cancellation)
    {
        var views = await Task.WhenAll(_parts.Journal.Applications().Select(record => SummaryAsync(record, cancellation))).ConfigureAwait(false);
        return [.. views.Select(view => view.Summary)];
    }

    public async Task<ApplicationView> GetApplicationAsync(string application, CancellationToken cancellation)
    {
        var record = Require(application);
        var (summary, machines) = await SummaryAsync(record, cancellation).ConfigureAwait(false);
        return new ApplicationView
        {
            Summary = summary,
            Spec = record.Spec,
            Networks = _launches.Find(application)?.Networks ?? [],
            Machines = machines,
            KeeperPid = _parts.Keepers.Pid(application),
        };
    }

    /// <param name="application">Null: all.</param>
    /// <param name="cancellation">Ends the asking.</param>
    public async Task<IReadOnlyList<MachineView>> MachinesAsync(string? application, CancellationToken cancellation)
    {
        IReadOnlyList<ApplicationRecord> records = application is null ? _parts.Journal.Applications() : [Require(application)];
        var views = await Task.WhenAll(records.Select(record => SummaryAsync(record, cancellation))).ConfigureAwait(false);
        return [.. views.SelectMany(view => view.Machines)];
    }

    public async Task<MachineDetail> GetMachineAsync(string application, string machine, CancellationToken cancellation)
    {
        var launch = RequireMachine(application, machine);
        var record = Require(application);
        var status = (await StatusAsync(application, cancellation).ConfigureAwait(false))?.FirstOrDefault(one => one.Machine == machine);
        return new MachineDetail
        {
            Machine = MachineViews.Of(application, launch, record.Spec, status, _parts.Time.GetUtcNow()),
            Launch = launch,
            BoxPid = status?.BoxPid,
            LogFile = Path.Combine(LogFolder(application, machine), "log.jsonl"),
            Epoch = record.Epoch,
            Cgroups = status?.Cgroups ?? new Dictionary<string, string>(),
        };
    }

    /// <summary>The last events of one machine, newest last; the last wake among them with its chain of causes.</summary>
    public IReadOnlyList<EventView> Why(string application, string machine, int limit)
    {
        RequireMachine(application, machine);
        _parts.Ledgers.Import(application);
        var events = _parts.Journal.Events(application, machine, since: null, Math.Clamp(limit, 1, EventsMax));
        var wake = events.LastOrDefault(one => MachineInterval.Wakes(one.View.Event.From, one.View.Event.To));
        return [.. events.Select(one => one == wake ? one.View with { Because = Because(application, one) } : one.View)];
    }

    /// <summary>Events so far, then those that come if <paramref name="follow"/>.</summary>
    public async IAsyncEnumerable<EventView> EventsAsync(string? application, DateTimeOffset? since, bool follow, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        if (application is not null)
        {
            Require(application);
            _parts.Ledgers.Import(application);
        }

        using var subscription = _feed.Subscribe();
        long last = 0;
        IReadOnlyList<JournalEvent> page;
        do
        {
            // Without a moment to begin at, the newest; else all, page by page.
            page = since is { } from ? _parts.Journal.EventsAfter(application, from, last, EventsMax) : _parts.Journal.Events(application, machine: null, since: null, EventsMax);
            foreach (var past in page)
            {
                last = past.Id;
                yield return past.View;
            }
        }
        while (since is not null && page.Count == EventsMax);

        if (!follow)
        {
            yield break;
        }

        await foreach (var next in subscription.Events.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            if (next.Id > last && (application is null || next.View.Application == application))
            {
                yield return next.View;
            }
        }
    }

    public IAsyncEnumerable<LogLine> Logs(string application, string machine, LogQuery query, CancellationToken cancellation)
    {
        RequireMachine(application, machine);
        return _logs.ReadAsync(LogFolder(application, machine), query, cancellation);
    }

    public async Task<IReadOnlyList<UsageView>> UsageAsync(string? application, CancellationToken cancellation)
    {
        IReadOnlyList<ApplicationRecord> records = application is null ? _parts.Journal.Applications() : [Require(application)];
        var samples = new List<UsageView>();
        foreach (var record in records)
        {
            foreach (var status in await StatusAsync(record.Name, cancellation).ConfigureAwait(false) ?? [])
            {
                if (UsageReader.Read(record.Name, status, _parts.Time.GetUtcNow()) is { } usage)
                {
                    samples.Add(usage);
                }
            }
        }

        return samples;
    }

    private string LogFolder(string application, string machine) => Path.Combine(_parts.Options.Places.ApplicationState(application), "machines", machine);

    internal string BoxSocket(string application, string machine) =>
        Path.Combine(Places.MachineRuntime(_parts.Options.Places.ApplicationRuntime(application), machine), "box.sock");

    /// <summary>Null: no keeper answers, and none is about to: one that died a moment ago is started again, and its machines run meanwhile.</summary>
    private async Task<IReadOnlyList<MachineStatus>?> StatusAsync(string application, CancellationToken cancellation)
    {
        if (await AskStatusAsync(application, cancellation).ConfigureAwait(false) is { } status)
        {
            return status;
        }

        await Task.WhenAny(_recoveryBegun.Task, Task.Delay(KeeperReturnMax, _parts.Time, cancellation)).ConfigureAwait(false);
        return await _parts.Keepers.AwaitReturnAsync(application, KeeperReturnMax, cancellation).ConfigureAwait(false)
            ? await AskStatusAsync(application, cancellation).ConfigureAwait(false)
            : null;
    }

    private async Task<IReadOnlyList<MachineStatus>?> AskStatusAsync(string application, CancellationToken cancellation)
    {
        try
        {
            return (await _parts.Keepers.Client(application).AskAsync(new KeeperRequest.Status(), KeeperClient.Quick, cancellation).ConfigureAwait(false)).Machines ?? [];
        }
        catch (KeeperLostException)
        {
            return null;
        }
    }

    private async Task<(ApplicationSummary Summary, IReadOnlyList<MachineView> Machines)> SummaryAsync(ApplicationRecord record, CancellationToken cancellation)
    {
        var launch = _launches.Find(record.Name);
        var statuses = launch is null ? null : await StatusAsync(record.Name, cancellation).ConfigureAwait(false);
        IReadOnlyList<MachineView> machines = launch is null ? [] : MachineViews.Of(launch, record.Spec, statuses, _parts.Time.GetUtcNow());
        var summary = new ApplicationSummary
        {
            Name = record.Name,
            WorkingDirectory = record.Spec.WorkingDirectory,
            Files = record.Spec.Files,
            Machines = machines.Count,
            Running = machines.Count(machine => machine.State is MachineState.Starting or MachineState.Running or MachineState.Stopping),
            Status = Status(record, statuses is not null),
        };
        return (summary, machines);
    }

    private string Status(ApplicationRecord record, bool answers) => _operations.Current(record.Name)?.Kind switch
    {
        DownKind => "going-down",
        UpKind when !answers => "coming-up",
        _ when record.Wanted == WantedState.Down => "going-down",
        _ => answers ? "up" : "keeper-lost",
    };
}
