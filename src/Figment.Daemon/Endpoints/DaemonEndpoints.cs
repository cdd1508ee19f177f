using Figment.Api.Contract;
using Figment.Daemon.Hosting;
using Figment.Daemon.Telemetry;
using Figment.Node;
using Figment.Node.Doctor;

namespace Figment.Daemon.Endpoints;

internal static class DaemonEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Version, VersionAsync).Produces<VersionView>().WithSummary("What this daemon is.");
        routes.MapGet(Routes.Doctor, DoctorAsync).Produces<DoctorView>().WithSummary("Whether the node can do what Figment needs.");
        routes.MapGet(Routes.Metrics, MetricsAsync).Produces<string>(200, "text/plain").WithSummary("Metrics in Prometheus' text format.");
        routes.MapPost(Routes.Shutdown, Shutdown).Produces(202).WithSummary("Ends the daemon; applications go on.");
    }

    private static Task VersionAsync(HttpContext context, DaemonFacts facts) =>
        context.Response.WriteAsJsonAsync(
            new VersionView
            {
                Version = DaemonFacts.Version,
                Kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
                Cgroups = CgroupMode.Detect().Name,
                DaemonPid = Environment.ProcessId,
                StartedAt = facts.StartedAt,
            },
            ApiJson.Default.VersionView,
            contentType: null,
            context.RequestAborted);

    private static async Task DoctorAsync(HttpContext context, NodeService node) =>
        await context.Response.WriteAsJsonAsync(await node.DoctorAsync(context.RequestAborted), ApiJson.Default.DoctorView, contentType: null, context.RequestAborted);

    private static Task MetricsAsync(HttpContext context, MetricsEndpoint metrics) => metrics.WriteAsync(context);

    private static Task Shutdown(HttpContext context, IHostApplicationLifetime lifetime)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.OnCompleted(() =>
        {
            lifetime.StopApplication();
            return Task.CompletedTask;
        });
        return Task.CompletedTask;
    }
}
