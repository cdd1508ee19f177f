using Figment.Api.Contract;

namespace Figment.Api.Client;

/// <content>Machines and what runs in them.</content>
public sealed partial class FigmentClient
{
    /// <param name="application">Null: of all applications.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<MachineView>> GetMachinesAsync(string? application, CancellationToken cancellationToken) =>
        GetAsync(RoutePath.WithQuery(Routes.Machines, ("app", application)), ApiJson.Default.IReadOnlyListMachineView, cancellationToken);

    public Task<MachineDetail> GetMachineAsync(string application, string machine, CancellationToken cancellationToken) =>
        GetAsync(RoutePath.Of(Routes.Machine, application, machine), ApiJson.Default.MachineDetail, cancellationToken);

    /// <summary>Forgets what it wrote.</summary>
    public async Task RemoveMachineAsync(string application, string machine, bool force, CancellationToken cancellationToken)
    {
        string path = RoutePath.WithQuery(RoutePath.Of(Routes.Machine, application, machine), ("force", force));
        using var response = await SendAsync(HttpMethod.Delete, path, null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="application">The application.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="action">What to do.</param>
    /// <param name="request">How.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="force">restore: also if it has a program, which is lost.</param>
    public async Task<MachineView> ActAsync(string application, string machine, MachineAction action, ActionRequest request, CancellationToken cancellationToken, bool force = false)
    {
        string word = action switch
        {
            MachineAction.Start => "start",
            MachineAction.Stop => "stop",
            MachineAction.Restart => "restart",
            MachineAction.Kill => "kill",
            MachineAction.Restore => "restore",
            _ => throw new ArgumentOutOfRangeException(nameof(action), action, null),
        };
        string path = RoutePath.WithQuery(RoutePath.Of(Routes.Action, application, machine, word), ("force", force ? true : null));
        using var response = await SendAsync(
            HttpMethod.Post, path, Json(request, ApiJson.Default.ActionRequest), upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.MachineView, cancellationToken).ConfigureAwait(false);
    }

    public async Task<CheckpointView> CheckpointAsync(string application, string machine, ActionRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post,
            RoutePath.Of(Routes.Action, application, machine, "checkpoint"),
            Json(request, ApiJson.Default.ActionRequest),
            upgrade: null,
            HttpCompletionOption.ResponseContentRead,
            cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.CheckpointView, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Another machine begins where this one is.</summary>
    public async Task<CloneView> CloneAsync(string application, string machine, CloneRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post, RoutePath.Of(Routes.Clones, application, machine), Json(request, ApiJson.Default.CloneRequest), upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.CloneView, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Newest last.</summary>
    public Task<IReadOnlyList<EventView>> GetWhyAsync(string application, string machine, int limit, CancellationToken cancellationToken) =>
        GetAsync(RoutePath.WithQuery(RoutePath.Of(Routes.Why, application, machine), ("limit", limit)), ApiJson.Default.IReadOnlyListEventView, cancellationToken);

    /// <param name="application">Null: of all applications.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<TopView> GetTopAsync(string? application, CancellationToken cancellationToken) =>
        GetAsync(RoutePath.WithQuery(Routes.Top, ("app", application)), ApiJson.Default.TopView, cancellationToken);

    /// <summary>By machine, oldest first.</summary>
    public IAsyncEnumerable<IntervalView> TimelineAsync(string application, DateTimeOffset? since, DateTimeOffset? until, CancellationToken cancellationToken) =>
        LinesAsync(HttpMethod.Get, RoutePath.WithQuery(RoutePath.Of(Routes.Timeline, application), ("since", since), ("until", until)), null, ApiJson.Default.IntervalView, cancellationToken);

    public IAsyncEnumerable<LogLine> LogsAsync(string application, string machine, LogQuery query, CancellationToken cancellationToken)
    {
        string path = RoutePath.WithQuery(
            RoutePath.Of(Routes.Logs, application, machine), ("follow", query.Follow), ("tail", query.Tail), ("since", query.Since), ("until", query.Until));
        return LinesAsync(HttpMethod.Get, path, null, ApiJson.Default.LogLine, cancellationToken);
    }

    public Task<FrameStream> ExecAsync(string application, string machine, ExecRequest request, CancellationToken cancellationToken) =>
        UpgradeAsync(RoutePath.Of(Routes.Exec, application, machine), request, ApiJson.Default.ExecRequest, cancellationToken);

    public Task<FrameStream> AttachAsync(string application, string machine, AttachRequest request, CancellationToken cancellationToken) =>
        UpgradeAsync(RoutePath.Of(Routes.Attach, application, machine), request, ApiJson.Default.AttachRequest, cancellationToken);

    /// <summary>A one-off machine; the stream ends with it.</summary>
    public Task<FrameStream> RunAsync(string application, RunRequest request, CancellationToken cancellationToken) =>
        UpgradeAsync(RoutePath.Of(Routes.Run, application), request with { Detach = false }, ApiJson.Default.RunRequest, cancellationToken);

    /// <summary>A one-off machine that goes on without this client.</summary>
    public async Task<MachineView> RunDetachedAsync(string application, RunRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post, RoutePath.Of(Routes.Run, application), Json(request with { Detach = true }, ApiJson.Default.RunRequest), upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.MachineView, cancellationToken).ConfigureAwait(false);
    }
}
