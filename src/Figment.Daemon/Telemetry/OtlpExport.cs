using Figment.Daemon.Hosting;
using Figment.Node;
using Figment.Node.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Figment.Daemon.Telemetry;

/// <summary>Sends metrics and traces by OTLP where the standard variables ask for it; they also say where to, how often and with what headers. Without them none of OpenTelemetry is set up.</summary>
internal sealed class OtlpExport(MetricsSettings settings, NodeService node, TimeProvider time, ILogger<OtlpExport> log) : BackgroundService
{
    /// <summary>An exporter reads what the last look saw, and looks itself at nothing.</summary>
    private static readonly TimeSpan LookEach = TimeSpan.FromSeconds(5);

    /// <summary>As the text format has: docs/metrics.md.</summary>
    private const int SeriesMax = 20_000;

    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        var resource = ResourceBuilder.CreateDefault()
            .AddService("figmentd", serviceVersion: DaemonFacts.Version, autoGenerateServiceInstanceId: false, serviceInstanceId: node.Options.NodeName)
            .AddAttributes([new("host.name", node.Options.NodeName)])
            .AddEnvironmentVariableDetector();
        if (settings.SendsTraces)
        {
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(WakeTraces.SourceName).AddOtlpExporter().Build();
        }

        if (settings.SendsMetrics)
        {
            _metrics = Sdk.CreateMeterProviderBuilder()
                .SetResourceBuilder(resource)
                .AddMeter(MachineTelemetry.MeterName, "System.Runtime")
                .AddView(instrument => instrument.Meter.Name == MachineTelemetry.MeterName ? new MetricStreamConfiguration { CardinalityLimit = SeriesMax } : null)
                .AddOtlpExporter()
                .Build();
        }

        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        // What was measured last goes out before the end, as far as who takes it answers.
        _metrics?.Dispose();
        _traces?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_metrics is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(LookEach, time);
        do
        {
            try
            {
                await node.SampleAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                log.LogError(exception, "looking at the node for its metrics");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
