using System.Globalization;
using Figment.Model.Specs;

namespace Figment.Images.Manifests;

/// <summary>From the document that others wrote to <see cref="ImageConfig"/>.</summary>
internal static class ConfigReader
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>The diff ids, base layer first; as many as there are layers, each a digest.</summary>
    public static IReadOnlyList<string> DiffIds(ConfigDocument document, int layers, ManifestReader reader)
    {
        var ids = document.Rootfs?.DiffIds ?? throw reader.Corrupt("its configuration has no rootfs.diff_ids");
        if (ids.Count != layers)
        {
            throw reader.Corrupt($"its configuration has {ids.Count} diff ids for {layers} layers");
        }

        return ids.All(Digests.IsValid) ? [.. ids.OfType<string>()] : throw reader.Corrupt("its configuration has a diff id that is no digest");
    }

    public static ImageConfig Convert(ConfigDocument document, ManifestReader reader)
    {
        var run = document.Config ?? new ConfigDocument.RunDocument();
        return new ImageConfig
        {
            Env = Strings(run.Env),
            Entrypoint = Strings(run.Entrypoint),
            Cmd = Strings(run.Cmd),
            WorkingDir = run.WorkingDir ?? "",
            User = run.User ?? "",
            ExposedPorts = [.. (run.ExposedPorts?.Keys ?? []).Select(text => Port(text, reader)).OfType<ExposedPort>().OrderBy(port => port.Port).ThenBy(port => port.Protocol)],
            Volumes = [.. (run.Volumes?.Keys ?? []).Order(StringComparer.Ordinal)],
            StopSignal = string.IsNullOrEmpty(run.StopSignal) ? null : run.StopSignal,
            Labels = (run.Labels ?? new Dictionary<string, string?>()).ToDictionary(label => label.Key, label => label.Value ?? ""),
            HealthCheck = run.Healthcheck is null ? null : Health(run.Healthcheck, reader),
            Architecture = document.Architecture ?? "",
            Os = document.Os ?? "",
            Created = document.Created,
        };
    }

    private static IReadOnlyList<string> Strings(IReadOnlyList<string?>? list) => [.. (list ?? []).OfType<string>()];

    /// <summary>Null for what Figment has no sockets for (sctp).</summary>
    private static ExposedPort? Port(string text, ManifestReader reader)
    {
        string[] parts = text.Split('/');
        string protocol = parts.Length == 2 ? parts[1].ToLowerInvariant() : "tcp";
        if (parts.Length > 2 || !ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port == 0)
        {
            throw reader.Corrupt($"its configuration exposes \"{text}\", which is no port");
        }

        return protocol switch
        {
            "tcp" => new ExposedPort(port, TransportProtocol.Tcp),
            "udp" => new ExposedPort(port, TransportProtocol.Udp),
            "sctp" => null,
            _ => throw reader.Corrupt($"its configuration exposes \"{text}\", which is no protocol"),
        };
    }

    private static HealthCheckSpec? Health(ConfigDocument.HealthDocument health, ManifestReader reader)
    {
        var test = Strings(health.Test);
        if (test.Count == 0)
        {
            return null;
        }

        var defaults = new HealthCheckSpec();
        return new HealthCheckSpec
        {
            Test = [.. test.Skip(1)],
            Shell = test[0] == "CMD-SHELL",
            Disable = test[0] is "NONE" ? true : test[0] is "CMD" or "CMD-SHELL" ? false : throw reader.Corrupt($"its health check begins with \"{test[0]}\""),
            IntervalMs = Milliseconds(health.Interval, defaults.IntervalMs),
            TimeoutMs = Milliseconds(health.Timeout, defaults.TimeoutMs),
            Retries = health.Retries > 0 ? health.Retries : defaults.Retries,
            StartPeriodMs = Milliseconds(health.StartPeriod, defaults.StartPeriodMs),
            StartIntervalMs = Milliseconds(health.StartInterval, defaults.StartIntervalMs),
        };
    }

    /// <summary>Zero stands for the default, as for Docker.</summary>
    private static long Milliseconds(long nanoseconds, long otherwise) => nanoseconds > 0 ? Math.Max(1, nanoseconds / NanosecondsPerMillisecond) : otherwise;
}
