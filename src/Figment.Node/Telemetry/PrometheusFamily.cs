using System.Diagnostics.Metrics;
using System.Text;

namespace Figment.Node.Telemetry;

/// <summary>One instrument's series. Any thread.</summary>
internal sealed class PrometheusFamily
{
    /// <summary>Of one instrument: more than a node has machines and causes. What comes beyond is left out, and <c>figment_metrics_overflow_total</c> says how much.</summary>
    private const int SeriesMax = 20_000;

    private static readonly double[] BoundsDefault = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly string _help;
    private readonly string _type;
    private readonly bool _isAbsolute;
    private readonly double[]? _bounds;

    public PrometheusFamily(Instrument instrument)
    {
        var kind = instrument.GetType().GetGenericTypeDefinition();
        bool isCounter = kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>);
        bool isHistogram = kind == typeof(Histogram<>);
        Name = PrometheusNames.Of(instrument, isCounter);
        _help = instrument.Description ?? instrument.Name;
        _type = isCounter ? "counter" : isHistogram ? "histogram" : "gauge";
        _isAbsolute = instrument.IsObservable || kind == typeof(Gauge<>);
        _bounds = !isHistogram ? null : instrument is Instrument<double> { Advice.HistogramBucketBoundaries: { Count: > 0 } bounds } ? [.. bounds] : BoundsDefault;
        IsObservable = instrument.IsObservable;
    }

    public string Name { get; }

    public bool IsObservable { get; }

    public long Overflows { get; private set; }

    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = PrometheusNames.Labels(tags);
        lock (_lock)
        {
            if (!_series.TryGetValue(labels, out var series))
            {
                if (_series.Count >= SeriesMax)
                {
                    Overflows++;
                    return;
                }

                series = _series[labels] = new Series(Application(tags), _bounds is null ? null : new long[_bounds.Length]);
            }

            series.Count++;
            series.Value = _isAbsolute ? value : series.Value + value;
            if (_bounds is not null && Array.FindIndex(_bounds, bound => value <= bound) is >= 0 and var bucket)
            {
                series.Buckets![bucket]++;
            }
        }
    }

    /// <summary>Before it is looked anew: what is not said again is no more.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _series.Clear();
        }
    }

    /// <summary>Drops the series of applications that are gone.</summary>
    public void Forget(Func<string, bool> isGone)
    {
        lock (_lock)
        {
            foreach (string labels in _series.Where(series => series.Value.Application is { } application && isGone(application)).Select(series => series.Key).ToList())
            {
                _series.Remove(labels);
            }
        }
    }

    public void Write(StringBuilder text)
    {
        lock (_lock)
        {
            if (_series.Count == 0)
            {
                return;
            }

            text.Append("# HELP ").Append(Name).Append(' ');
            PrometheusNames.Escape(text, _help, quotes: false);
            text.Append("\n# TYPE ").Append(Name).Append(' ').Append(_type).Append('\n');
            foreach (var (labels, series) in _series.OrderBy(series => series.Key, StringComparer.Ordinal))
            {
                if (_bounds is null)
                {
                    text.Append(Name).Append(labels).Append(' ').Append(PrometheusNames.Number(series.Value)).Append('\n');
                }
                else
                {
                    Histogram(text, labels, series);
                }
            }
        }
    }

    private void Histogram(StringBuilder text, string labels, Series series)
    {
        string before = labels.Length == 0 ? "{" : labels[..^1] + ",";
        long sum = 0;
        for (int bucket = 0; bucket < _bounds!.Length; bucket++)
        {
            sum += series.Buckets![bucket];
            text.Append(Name).Append("_bucket").Append(before).Append("le=\"").Append(PrometheusNames.Number(_bounds[bucket])).Append("\"} ").Append(sum).Append('\n');
        }

        text.Append(Name).Append("_bucket").Append(before).Append("le=\"+Inf\"} ").Append(series.Count).Append('\n');
        text.Append(Name).Append("_sum").Append(labels).Append(' ').Append(PrometheusNames.Number(series.Value)).Append('\n');
        text.Append(Name).Append("_count").Append(labels).Append(' ').Append(series.Count).Append('\n');
    }

    private static string? Application(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (name == "application")
            {
                return value as string;
            }
        }

        return null;
    }

    private sealed class Series(string? application, long[]? buckets)
    {
        public string? Application { get; } = application;

        public long[]? Buckets { get; } = buckets;

        public double Value { get; set; }

        public long Count { get; set; }
    }
}
