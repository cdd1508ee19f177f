using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Figment.Node.Telemetry;

/// <summary>
/// Adds up what meters measure and writes it in Prometheus' text format (version 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats). Unlike an exporter that keeps each series for the life of
/// its process it forgets applications that are gone (docs/decisions/0013). Any thread.
/// </summary>
public sealed class PrometheusRegistry : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const string Overflow = "figment_metrics_overflow_total";

    /// <summary>An application that has just gone down is told for so long, so that its last counts are read.</summary>
    private static readonly TimeSpan KeptAfterDown = TimeSpan.FromMinutes(5);

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, PrometheusFamily> _families = new();
    private readonly Dictionary<string, DateTimeOffset> _lastUp = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly Lock _collecting = new();

    /// <param name="wanted">Which meters.</param>
    /// <param name="time">For how long ago an application went.</param>
    public PrometheusRegistry(Func<Meter, bool> wanted, TimeProvider time)
    {
        _time = time;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (wanted(instrument.Meter))
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, made => new PrometheusFamily(made)));
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((PrometheusFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((PrometheusFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((PrometheusFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => ((PrometheusFamily)state!).Add(value, tags));
        _listener.Start();
    }

    /// <param name="applications">Those that are up.</param>
    public string Collect(IReadOnlyList<string> applications)
    {
        // Instruments' own callbacks take locks of their own; they are called under this one only, which they never take.
        lock (_collecting)
        {
            var now = _time.GetUtcNow();
            foreach (string application in applications)
            {
                _lastUp[application] = now;
            }

            foreach (var family in _families.Values.Where(family => family.IsObservable))
            {
                family.Clear();
            }

            _listener.RecordObservableInstruments();
            var gone = _lastUp.Where(one => now - one.Value > KeptAfterDown).Select(one => one.Key).ToHashSet(StringComparer.Ordinal);
            var text = new StringBuilder();
            long overflows = 0;
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
            {
                family.Forget(application => IsGone(application, gone, now));
                family.Write(text);
                overflows += family.Overflows;
            }

            foreach (string application in gone)
            {
                _lastUp.Remove(application);
            }

            return text
                .Append("# HELP ").Append(Overflow).Append(" Measurements that are in no series, because their metric has too many.\n")
                .Append("# TYPE ").Append(Overflow).Append(" counter\n")
                .Append(Overflow).Append(' ').Append(overflows).Append('\n').ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>One that came and went between two looks is told as long as one that was seen.</summary>
    private bool IsGone(string application, HashSet<string> gone, DateTimeOffset now)
    {
        if (gone.Contains(application))
        {
            return true;
        }

        _lastUp.TryAdd(application, now);
        return false;
    }
}
