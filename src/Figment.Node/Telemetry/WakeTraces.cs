using System.Diagnostics;
using Figment.Machines.Intervals;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Node.Telemetry;

/// <summary>
/// A span for each wake, from the signal to the machine that runs. The wake of the machine that a signal came from is its parent if that was a moment ago, else it is linked: so a request's way through
/// an application is one trace, and a machine that has been running for hours does not collect everything that it woke since. Made only while somebody listens. The caller's lock guards it.
/// </summary>
public sealed class WakeTraces : IDisposable
{
    public const string SourceName = "Figment.Machines";

    /// <summary>As far as a wake's own consequences go: later ones are of other requests.</summary>
    private static readonly TimeSpan ParentMax = TimeSpan.FromSeconds(30);

    private readonly ActivitySource _source = new(SourceName);
    private readonly Dictionary<(string Application, string Machine), Wake> _wakes = [];

    public ActivitySource Source => _source;

    public void Dispose()
    {
        foreach (var wake in _wakes.Values)
        {
            wake.Span.Dispose();
        }

        _source.Dispose();
    }

    internal void Record(string application, string service, MachineEvent change)
    {
        if (!_source.HasListeners())
        {
            return;
        }

        var key = (application, change.Machine);
        if (MachineInterval.Wakes(change.From, change.To) && Begin(application, service, change) is { } span)
        {
            _wakes[key] = new Wake(span, EndedAt: null);
        }

        if (_wakes.GetValueOrDefault(key) is { EndedAt: null } wake && change.To is not (MachineState.Waiting or MachineState.Starting))
        {
            End(wake.Span, change);
            _wakes[key] = wake with { EndedAt = change.At };
        }
    }

    /// <summary>Applications that are no more have no wakes.</summary>
    internal void Forget(HashSet<string> up)
    {
        foreach (var key in _wakes.Keys.Where(key => !up.Contains(key.Application)).ToList())
        {
            _wakes.Remove(key);
        }
    }

    private Activity? Begin(string application, string service, MachineEvent change)
    {
        var cause = change.Cause;
        bool isThaw = change.From == MachineState.Frozen;
        var tags = new ActivityTagsCollection
        {
            ["application"] = application,
            ["service"] = service,
            ["machine"] = change.Machine,
            ["cause"] = MetricWords.Of(cause.Kind),
            ["from"] = MetricWords.Of(change.From),
            ["faas.coldstart"] = !isThaw,
        };
        Add(tags, "cause.machine", cause.FromMachine);
        Add(tags, "cause.detail", cause.Detail);
        Add(tags, "client.address", cause.FromAddress);
        Add(tags, "server.port", cause.Port);
        Add(tags, "network.transport", cause.Protocol?.ToString().ToLowerInvariant());
        var before = cause.FromMachine is { } from ? _wakes.GetValueOrDefault((application, from)) : null;
        bool isRecent = before is not null && (before.EndedAt is not { } ended || change.At - ended < ParentMax);

        // An ambient span of the thread that imports is of no concern here.
        Activity.Current = null;
        var span = _source.StartActivity(
            $"{(isThaw ? "thaw" : "start")} {service}",
            ActivityKind.Server,
            isRecent ? before!.Span.Context : default,
            tags,
            before is not null && !isRecent ? [new ActivityLink(before.Span.Context)] : null,
            change.At);
        Activity.Current = null;
        return span;
    }

    private static void End(Activity span, MachineEvent change)
    {
        if (change.To != MachineState.Running)
        {
            span.SetStatus(ActivityStatusCode.Error, $"it is {MetricWords.Of(change.To)}: {change.Cause.Detail ?? MetricWords.Of(change.Cause.Kind)}");
        }

        span.SetEndTime(change.At.UtcDateTime);
        span.Stop();
    }

    private static void Add(ActivityTagsCollection tags, string name, object? value)
    {
        if (value is not null)
        {
            tags[name] = value;
        }
    }

    /// <summary>The last wake of a machine.</summary>
    private sealed record Wake(Activity Span, DateTimeOffset? EndedAt);
}
