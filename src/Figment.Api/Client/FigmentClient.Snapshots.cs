using System.Net.Http.Headers;
using Figment.Api.Contract;

namespace Figment.Api.Client;

/// <content>Snapshots.</content>
public sealed partial class FigmentClient
{
    private const string BytesType = "application/octet-stream";
    private const int CopyBytes = 256 * 1024;

    public Task<IReadOnlyList<SnapshotView>> GetSnapshotsAsync(CancellationToken cancellationToken) =>
        GetAsync(Routes.Snapshots, ApiJson.Default.IReadOnlyListSnapshotView, cancellationToken);

    public Task<SnapshotDetail> GetSnapshotAsync(string snapshot, CancellationToken cancellationToken) =>
        GetAsync(RoutePath.WithQuery(Routes.SnapshotsInspect, ("snapshot", snapshot)), ApiJson.Default.SnapshotDetail, cancellationToken);

    /// <summary>Its room comes back with <see cref="PruneSnapshotsAsync"/>.</summary>
    public async Task<SnapshotView> RemoveSnapshotAsync(string snapshot, CancellationToken cancellationToken)
    {
        string path = RoutePath.WithQuery(Routes.Snapshots, ("snapshot", snapshot));
        using var response = await SendAsync(HttpMethod.Delete, path, null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.SnapshotView, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="snapshot">Null: all.</param>
    /// <param name="cancellationToken">Ends the work too.</param>
    public IAsyncEnumerable<SnapshotView> VerifySnapshotsAsync(string? snapshot, CancellationToken cancellationToken) =>
        LinesAsync(HttpMethod.Post, RoutePath.WithQuery(Routes.SnapshotsVerify, ("snapshot", snapshot)), null, ApiJson.Default.SnapshotView, cancellationToken);

    public async Task<SnapshotPruneView> PruneSnapshotsAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, Routes.SnapshotsPrune, null, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.SnapshotPruneView, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the snapshot's stream.</summary>
    /// <param name="snapshot">Which.</param>
    /// <param name="open">Called when the daemon has begun to send: what is written to, which stays open.</param>
    /// <param name="cancellationToken">Ends the work too.</param>
    /// <exception cref="InvalidDataException">The daemon broke off: what was written is not all.</exception>
    public async Task ExportSnapshotAsync(string snapshot, Func<Stream> open, CancellationToken cancellationToken)
    {
        string path = RoutePath.WithQuery(Routes.SnapshotsExport, ("snapshot", snapshot));
        using var response = await SendAsync(HttpMethod.Get, path, null, upgrade: null, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        var input = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var output = open();
        byte[] buffer = new byte[CopyBytes];
        int count;
        while ((count = await ReadAsync(input, buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            await output.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <param name="input">An exported snapshot.</param>
    /// <param name="cancellationToken">Ends the work too.</param>
    public async Task<SnapshotView> ImportSnapshotAsync(Stream input, CancellationToken cancellationToken)
    {
        using var content = new StreamContent(input, CopyBytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(BytesType);
        using var response = await SendAsync(HttpMethod.Post, Routes.SnapshotsImport, content, upgrade: null, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await DocumentAsync(response, ApiJson.Default.SnapshotView, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What goes wrong here is the daemon's, what goes wrong while writing is not.</summary>
    private static async ValueTask<int> ReadAsync(Stream input, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await input.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new InvalidDataException($"the daemon broke off its answer: {exception.Message}", exception);
        }
    }
}
