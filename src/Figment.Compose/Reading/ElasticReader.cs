using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary><c>x-figment.elastic</c>.</summary>
internal static class ElasticReader
{
    private const int ProcessorPercentDefault = 70;
    private const int PercentMax = 100;

    /// <param name="below">The application's, which a service's own keys come over.</param>
    /// <param name="section">The keys.</param>
    public static ElasticSpec Read(ElasticSpec? below, Section section)
    {
        int max = (int)(section.Integer("max", 1, ElasticSpec.MachinesMax) ?? below?.Max ?? 0);
        if (max == 0)
        {
            if (!section.Has("max"))
            {
                section.Sink.Error(section.Mapping.Place, section.Path, "the key 'max' is missing: how many machines may there be?");
            }

            max = 1;
        }

        int min = (int)(section.Integer("min", 0, ElasticSpec.MachinesMax) ?? below?.Min ?? 0);
        if (min > max)
        {
            section.Error(section.Scalar("min") ?? (Node)section.Mapping, "min", $"min is {min} but max is {max}", "raise max, or lower min");
        }

        var defaults = new ElasticSpec { Max = max };
        var spec = (below ?? defaults) with
        {
            Min = Math.Min(min, max),
            Max = max,
            ScaleInAfterMs = section.DurationMs("scale-in-after") ?? below?.ScaleInAfterMs ?? defaults.ScaleInAfterMs,
            ReleaseAfterMs = section.DurationMs("release-after") ?? below?.ReleaseAfterMs ?? defaults.ReleaseAfterMs,
        };
        if (section.Child("target") is { } target)
        {
            spec = spec with
            {
                ConnectionsTarget = (int)(target.Integer("connections", 1, int.MaxValue) ?? 0),
                ProcessorPercentTarget = Percent(target, "processor") ?? 0,
                MemoryPercentTarget = Percent(target, "memory") ?? 0,
            };
        }

        return spec is { ConnectionsTarget: 0, ProcessorPercentTarget: 0, MemoryPercentTarget: 0 } ? spec with { ProcessorPercentTarget = ProcessorPercentDefault } : spec;
    }

    private static int? Percent(Section section, string key)
    {
        if (section.Scalar(key) is not { } scalar)
        {
            return null;
        }

        if (Values.Integer(scalar.Text.TrimEnd('%')) is >= 1 and <= PercentMax and long percent)
        {
            return (int)percent;
        }

        section.Error(scalar, key, $"expected a share from 1% to {PercentMax}%, found {Quote.Text(scalar.Text)}");
        return null;
    }
}
