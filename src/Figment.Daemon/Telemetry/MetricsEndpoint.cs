using System.Diagnostics.Metrics;
using Figment.Node;
using Figment.Node.Telemetry;

namespace Figment.Daemon.Telemetry;

/// <summary>Answers who asks for metrics, over the API's socket and over TCP.</summary>
internal sealed class MetricsEndpoint : IDisposable
{
    /// <summary>The .NET runtime's own meter: collections, pools, exceptions.</summary>
    private const string RuntimeMeter = "System.Runtime";

    private readonly NodeService _node;
    private readonly PrometheusRegistry _registry;

    public MetricsEndpoint(NodeService node, TimeProvider time)
    {
        _node = node;
        _registry = new PrometheusRegistry(Wants, time);
    }

    public async Task WriteAsync(HttpContext context)
    {
        var sample = await _node.SampleAsync(context.RequestAborted);
        context.Response.ContentType = PrometheusRegistry.ContentType;
        await context.Response.WriteAsync(_registry.Collect(sample.Applications), context.RequestAborted);
    }

    public void Dispose() => _registry.Dispose();

    private bool Wants(Meter meter) => meter == _node.Telemetry.Meter || meter.Name == RuntimeMeter;
}
