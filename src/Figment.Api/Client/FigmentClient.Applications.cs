using Figment.Api.Contract;

namespace Figment.Api.Client;

/// <content>Node and applications.</content>
public sealed partial class FigmentClient
{
    public Task<VersionView> GetVersionAsync(CancellationToken cancellationToken) => GetAsync(Routes.Version, ApiJson.Default.VersionView, cancellationToken);

    public Task<DoctorView> GetDoctorAsync(CancellationToken cancellationToken) => GetAsync(Routes.Doctor, ApiJson.Default.DoctorView, cancellationToken);

    /// <summary>The daemon ends; applications go on.</summary>
    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, Routes.Shutdown, null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<ApplicationSummary>> GetApplicationsAsync(CancellationToken cancellationToken) =>
        GetAsync(Routes.Applications, ApiJson.Default.IReadOnlyListApplicationSummary, cancellationToken);

    public Task<ApplicationView> GetApplicationAsync(string application, CancellationToken cancellationToken) =>
        GetAsync(RoutePath.Of(Routes.Application, application), ApiJson.Default.ApplicationView, cancellationToken);

    public IAsyncEnumerable<ProgressLine> UpAsync(UpRequest request, CancellationToken cancellationToken) =>
        ProgressAsync(HttpMethod.Put, RoutePath.Of(Routes.Application, request.Application.Name), Json(request, ApiJson.Default.UpRequest), cancellationToken);

    /// <param name="application">Its name.</param>
    /// <param name="volumes">Remove its volumes too, but no external ones.</param>
    /// <param name="timeoutMs">How long programs may take to end; null: as their services say.</param>
    /// <param name="cancellationToken">Leaves; the daemon goes on.</param>
    public IAsyncEnumerable<ProgressLine> DownAsync(string application, bool volumes, long? timeoutMs, CancellationToken cancellationToken) =>
        ProgressAsync(HttpMethod.Delete, RoutePath.WithQuery(RoutePath.Of(Routes.Application, application), ("volumes", volumes), ("timeoutMs", timeoutMs)), null, cancellationToken);

    /// <param name="application">Its name.</param>
    /// <param name="machine">Of which machine.</param>
    /// <param name="request">Where to, and how.</param>
    /// <param name="cancellationToken">Leaves; the daemon goes on.</param>
    public IAsyncEnumerable<ProgressLine> MigrateAsync(string application, string machine, MoveRequest request, CancellationToken cancellationToken) =>
        ProgressAsync(HttpMethod.Post, RoutePath.Of(Routes.Migrations, application, machine), Json(request, ApiJson.Default.MoveRequest), cancellationToken);

    public Task<IReadOnlyList<MoveView>> GetMigrationsAsync(CancellationToken cancellationToken) => GetAsync(Routes.MigrationList, ApiJson.Default.IReadOnlyListMoveView, cancellationToken);

    public Task<MoveView> GetMigrationAsync(string id, CancellationToken cancellationToken) => GetAsync(RoutePath.Of(Routes.Migration, id: id), ApiJson.Default.MoveView, cancellationToken);

    public async Task CancelMigrationAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, RoutePath.Of(Routes.Migration, id: id), null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="application">Null: of all applications.</param>
    /// <param name="since">Null: from now on with <paramref name="follow"/>, else all.</param>
    /// <param name="follow">Go on with events to come.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public IAsyncEnumerable<EventView> EventsAsync(string? application, DateTimeOffset? since, bool follow, CancellationToken cancellationToken) =>
        LinesAsync(HttpMethod.Get, RoutePath.WithQuery(Routes.Events, ("app", application), ("since", since), ("follow", follow)), null, ApiJson.Default.EventView, cancellationToken);

    public Task<IReadOnlyList<UsageView>> GetUsageAsync(string? application, CancellationToken cancellationToken) =>
        GetAsync(RoutePath.WithQuery(Routes.Usage, ("app", application)), ApiJson.Default.IReadOnlyListUsageView, cancellationToken);

    /// <summary>What the application's machines did and used, and what that costs.</summary>
    public async Task<BillView> GetBillAsync(string application, BillRequest request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Post, RoutePath.Of(Routes.Bill, application), Json(request, ApiJson.Default.BillRequest), upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.BillView, cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<ImageView>> GetImagesAsync(CancellationToken cancellationToken) => GetAsync(Routes.Images, ApiJson.Default.IReadOnlyListImageView, cancellationToken);

    /// <summary>Takes the name away; layers that nothing names go with <see cref="PruneImagesAsync"/>.</summary>
    public async Task RemoveImageAsync(string reference, CancellationToken cancellationToken)
    {
        string path = RoutePath.WithQuery(Routes.Images, ("reference", reference));
        using var response = await SendAsync(HttpMethod.Delete, path, null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
    }

    public IAsyncEnumerable<ProgressLine> PullImageAsync(PullRequest request, CancellationToken cancellationToken) =>
        ProgressAsync(HttpMethod.Post, Routes.ImagesPull, Json(request, ApiJson.Default.PullRequest), cancellationToken);

    public IAsyncEnumerable<ProgressLine> LoadImageAsync(LoadRequest request, CancellationToken cancellationToken) =>
        ProgressAsync(HttpMethod.Post, Routes.ImagesLoad, Json(request, ApiJson.Default.LoadRequest), cancellationToken);

    public async Task<PruneView> PruneImagesAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, Routes.ImagesPrune, null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.PruneView, cancellationToken).ConfigureAwait(false);
    }
}
