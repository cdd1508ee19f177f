using System.Net;
using Figment.Node.Errors;

namespace Figment.Daemon.Telemetry;

/// <summary>What the environment asks of metrics and traces. By default nothing leaves the node and nothing listens but the API's socket.</summary>
internal sealed record MetricsSettings
{
    private const string AddressVariable = "FIGMENT_METRICS";

    /// <summary>Where <c>/metrics</c> is served over TCP; null: nowhere.</summary>
    public IPEndPoint? Address { get; init; }

    /// <summary>Metrics are sent by OTLP.</summary>
    public bool SendsMetrics { get; init; }

    /// <summary>Traces are sent by OTLP.</summary>
    public bool SendsTraces { get; init; }

    public static MetricsSettings FromEnvironment() => Read(Environment.GetEnvironmentVariable);

    /// <param name="variable">Looks up a variable.</param>
    /// <exception cref="NodeException">A variable is not what it should be.</exception>
    public static MetricsSettings Read(Func<string, string?> variable) => new()
    {
        Address = variable(AddressVariable) is { Length: > 0 } text ? Parse(text) : null,
        SendsMetrics = Sends(variable, "METRICS"),
        SendsTraces = Sends(variable, "TRACES"),
    };

    private static IPEndPoint Parse(string text) => IPEndPoint.TryParse(text, out var address) && address.Port != 0
        ? address
        : throw new NodeException(ErrorCode.InvalidRequest, $"{AddressVariable}={text} is no address with a port", "127.0.0.1:9464, [::1]:9464, or 0.0.0.0:9464 for every address of the node");

    /// <summary>The variables of OpenTelemetry's SDKs (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables): an endpoint must be named.</summary>
    private static bool Sends(Func<string, string?> variable, string signal) =>
        !string.Equals(variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase)
        && variable($"OTEL_{signal}_EXPORTER") is null or "" or "otlp"
        && (!string.IsNullOrEmpty(variable("OTEL_EXPORTER_OTLP_ENDPOINT")) || !string.IsNullOrEmpty(variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")));
}
