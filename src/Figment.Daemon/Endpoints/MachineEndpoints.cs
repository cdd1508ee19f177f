using Figment.Api.Contract;
using Figment.Cluster;
using Figment.Daemon.Http;
using Figment.Model.States;
using Figment.Node;
using Figment.Node.Errors;
using Figment.Node.Logs;

namespace Figment.Daemon.Endpoints;

internal static class MachineEndpoints
{
    private const int WhyDefault = 20;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.Machines, ListAsync).Produces<IReadOnlyList<MachineView>>().WithSummary("Machines.");
        routes.MapGet(Routes.Machine, GetAsync).Produces<MachineDetail>().WithSummary("One machine.");
        routes.MapDelete(Routes.Machine, RemoveAsync).Produces<MachineView>().WithSummary("Forgets what a machine wrote.");
        routes.MapGet(Routes.Why, WhyAsync).Produces<IReadOnlyList<EventView>>().WithSummary("Why a machine is in its state.");
        routes.MapGet(Routes.Logs, LogsAsync).Produces<LogLine>(200, JsonLines.ContentType).WithSummary("What a machine's programs wrote.");
        routes.MapGet(Routes.Usage, UsageAsync).Produces<IReadOnlyList<UsageView>>().WithSummary("What machines use, one sample.");
        routes.MapGet(Routes.Top, TopAsync).Produces<TopView>().WithSummary("Machines with their states, wakes and use, and the node, one sample.");
        routes.MapGet(Routes.Timeline, TimelineAsync).Produces<IntervalView>(200, JsonLines.ContentType).WithSummary("What machines did when, and what brought it about.");
        routes.MapPost(Routes.Action, ActAsync).Accepts<ActionRequest>("application/json").Produces<MachineView>().WithSummary("start, stop, restart, kill, restore; checkpoint answers with a CheckpointView.");
        routes.MapPost(Routes.Clones, CloneAsync).Accepts<CloneRequest>("application/json").Produces<CloneView>().WithSummary("Another machine begins where this one is, which goes on.");
        routes.MapPost(Routes.Exec, ExecAsync).Produces(101).WithSummary("Another program in a machine, as a stream of frames.");
        routes.MapPost(Routes.Attach, AttachAsync).Produces(101).WithSummary("The program's own standard streams.");
        routes.MapPost(Routes.Run, RunAsync).Accepts<RunRequest>("application/json").Produces(101).Produces<MachineView>().WithSummary("A one-off machine of a service.");
    }

    private static async Task ListAsync(HttpContext context, NodeService node) =>
        await context.Response.WriteAsJsonAsync(await node.MachinesAsync(RequestQuery.Text(context, "app"), context.RequestAborted), ApiJson.Default.IReadOnlyListMachineView, contentType: null, context.RequestAborted);

    private static async Task GetAsync(HttpContext context, NodeService node, string app, string machine) =>
        await context.Response.WriteAsJsonAsync(await node.GetMachineAsync(app, machine, context.RequestAborted), ApiJson.Default.MachineDetail, contentType: null, context.RequestAborted);

    private static Task RemoveAsync(HttpContext context, ClusterFacade cluster, NodeService node, string app, string machine) =>
        FinishAsync(context, cluster, node, app, machine, "remove", new ActionRequest(), RequestQuery.Flag(context, "force"));

    private static async Task ActAsync(HttpContext context, ClusterFacade cluster, NodeService node, string app, string machine, string action)
    {
        if (action is not ("start" or "stop" or "restart" or "kill" or "checkpoint" or "restore"))
        {
            throw new NodeException(ErrorCode.NotFound, $"a machine cannot be told to \"{action}\"", "start, stop, restart, kill, checkpoint and restore are known");
        }

        var request = await RequestBody.ReadAsync(context, ApiJson.Default.ActionRequest, new ActionRequest());
        await FinishAsync(context, cluster, node, app, machine, action, request, RequestQuery.Flag(context, "force"));
    }

    private static async Task CloneAsync(HttpContext context, NodeService node, string app, string machine)
    {
        node.CheckMachine(app, machine);
        var request = await RequestBody.ReadAsync(context, ApiJson.Default.CloneRequest, new CloneRequest());
        var last = await node.BeginClone(app, machine, request).Result.WaitAsync(context.RequestAborted);
        await (last.Error is { } error ? ErrorResponse.WriteAsync(context, error) : context.Response.WriteAsJsonAsync(last.Cloned!, ApiJson.Default.CloneView, contentType: null, context.RequestAborted));
    }

    private static async Task FinishAsync(HttpContext context, ClusterFacade cluster, NodeService node, string app, string machine, string action, ActionRequest request, bool force)
    {
        node.CheckMachine(app, machine);
        var specified = node.Specified(app, machine);
        var operation = await cluster.ActAsync(app, machine, action, request, force);
        var last = await operation.Result.WaitAsync(context.RequestAborted);
        if (last.Error is { } error)
        {
            await ErrorResponse.WriteAsync(context, error);
            return;
        }

        var view = await AfterwardsAsync(node, specified, context.RequestAborted);
        if (last.Checkpoint is { } checkpoint)
        {
            await context.Response.WriteAsJsonAsync(checkpoint with { Machine = view }, ApiJson.Default.CheckpointView, contentType: null, context.RequestAborted);
            return;
        }

        await context.Response.WriteAsJsonAsync(view with { Restore = last.Restore }, ApiJson.Default.MachineView, contentType: null, context.RequestAborted);
    }

    /// <summary>A one-off machine that was to end has left.</summary>
    private static async Task<MachineView> AfterwardsAsync(NodeService node, MachineView specified, CancellationToken cancellation)
    {
        try
        {
            return (await node.GetMachineAsync(specified.Application, specified.Machine, cancellation)).Machine;
        }
        catch (NodeException exception) when (exception.Code == ErrorCode.NotFound)
        {
            return specified with { State = MachineState.Stopped };
        }
    }

    private static async Task WhyAsync(HttpContext context, NodeService node, string app, string machine)
    {
        int limit = (int)(RequestQuery.Number(context, "limit", NodeService.EventsMax) ?? WhyDefault);
        await context.Response.WriteAsJsonAsync(node.Why(app, machine, limit), ApiJson.Default.IReadOnlyListEventView, contentType: null, context.RequestAborted);
    }

    private static Task LogsAsync(HttpContext context, NodeService node, string app, string machine)
    {
        var query = new LogQuery
        {
            Follow = RequestQuery.Flag(context, "follow"),
            Tail = (int?)RequestQuery.Number(context, "tail", int.MaxValue),
            Since = RequestQuery.Time(context, "since"),
            Until = RequestQuery.Time(context, "until"),
        };
        return JsonLines.FollowAsync(context, cancellation => node.Logs(app, machine, query, cancellation), ApiJson.Default.LogLine, query.Follow);
    }

    private static async Task UsageAsync(HttpContext context, NodeService node) =>
        await context.Response.WriteAsJsonAsync(await node.UsageAsync(RequestQuery.Text(context, "app"), context.RequestAborted), ApiJson.Default.IReadOnlyListUsageView, contentType: null, context.RequestAborted);

    private static async Task TopAsync(HttpContext context, NodeService node) =>
        await context.Response.WriteAsJsonAsync(await node.TopAsync(RequestQuery.Text(context, "app"), context.RequestAborted), ApiJson.Default.TopView, contentType: null, context.RequestAborted);

    private static async Task TimelineAsync(HttpContext context, NodeService node, string app)
    {
        var since = RequestQuery.Time(context, "since");
        var until = RequestQuery.Time(context, "until");
        var intervals = await node.TimelineAsync(app, since, until, context.RequestAborted);
        await JsonLines.WriteAllAsync(context, intervals, ApiJson.Default.IntervalView, context.RequestAborted);
    }

    private static async Task ExecAsync(HttpContext context, NodeService node, string app, string machine)
    {
        UpgradedStream.Check(context);
        var request = RequestBody.ReadStreamRequest(context, ApiJson.Default.ExecRequest);
        await UpgradedStream.CarryAsync(context, await node.ExecAsync(app, machine, request, context.RequestAborted));
    }

    private static async Task AttachAsync(HttpContext context, NodeService node, string app, string machine)
    {
        UpgradedStream.Check(context);
        var request = RequestBody.ReadStreamRequest(context, ApiJson.Default.AttachRequest);
        await UpgradedStream.CarryAsync(context, await node.AttachAsync(app, machine, request, context.RequestAborted));
    }

    private static async Task RunAsync(HttpContext context, NodeService node, string app)
    {
        bool stream = context.Request.Headers.ContainsKey(Routes.StreamRequestHeader);
        var request = stream ? RequestBody.ReadStreamRequest(context, ApiJson.Default.RunRequest) : await RequestBody.ReadAsync(context, ApiJson.Default.RunRequest);
        if (!request.Detach)
        {
            UpgradedStream.Check(context);
        }

        string machine = await node.PrepareRunAsync(app, request, context.RequestAborted);
        if (request.Detach)
        {
            var view = await node.StartRunAsync(app, machine, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(view, ApiJson.Default.MachineView, contentType: null, context.RequestAborted);
            return;
        }

        await UpgradedStream.CarryAsync(context, await node.StartRunAttachedAsync(app, machine, new AttachRequest { Stdin = request.Stdin }, context.RequestAborted));
    }
}
