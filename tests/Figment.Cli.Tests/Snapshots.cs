using System.Text.Json;
using Figment.Api.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Figment.Cli.Tests;

/// <summary>The daemon's answers about snapshots: two, and one that is damaged.</summary>
internal sealed class Snapshots
{
    private static readonly SnapshotView Calm = new()
    {
        Id = "019c00000001700080000000000000aa",
        Application = "shop",
        Machine = "web-1",
        Name = "calm",
        Revision = "abc",
        TakenAt = Daemon.At.AddDays(-2),
        PublishedAt = Daemon.At.AddDays(-2).AddSeconds(3),
        SizeBytes = 33_000_000,
        StoredBytes = 11_400_000,
    };

    private static readonly SnapshotView Newer = Calm with { Id = "019c00000002700080000000000000bb", Name = null, TakenAt = Daemon.At, PublishedAt = Daemon.At.AddSeconds(3), StoredBytes = 11_900_000 };

    private static readonly SnapshotView Damaged = new()
    {
        Id = "019c00000003700080000000000000cc",
        Complaint = "snapshot 019c00000003700080000000000000cc is damaged: the checksum of its record is wrong; remove it, the machine then starts anew",
    };

    /// <summary>What <c>export</c> sends; with <see cref="BreaksOff"/> only that.</summary>
    public byte[] Exported { get; } = [.. Enumerable.Range(0, 700_000).Select(index => (byte)(index * 31))];

    public bool BreaksOff { get; set; }

    public byte[]? Imported { get; private set; }

    public void Map(WebApplication web)
    {
        web.MapGet(Routes.Snapshots, context => context.Response.WriteAsJsonAsync([Calm, Newer, Damaged], ApiJson.Default.IReadOnlyListSnapshotView));
        web.MapDelete(Routes.Snapshots, context => Wanted(context) == "nothing" ? MissingAsync(context) : context.Response.WriteAsJsonAsync(Wanted(context) == "calm" ? Calm : Newer, ApiJson.Default.SnapshotView));
        web.MapGet(Routes.SnapshotsInspect, context => context.Response.WriteAsJsonAsync(new SnapshotDetail { Snapshot = Calm, ZeroBytes = 4096, UniqueBytes = 400_000, SharedBytes = 11_000_000 }, ApiJson.Default.SnapshotDetail));
        web.MapPost(Routes.SnapshotsVerify, VerifyAsync);
        web.MapPost(Routes.SnapshotsPrune, context => context.Response.WriteAsJsonAsync(new SnapshotPruneView { Packs = 1, Blocks = 17, FreedBytes = 3_500_000 }, ApiJson.Default.SnapshotPruneView));
        web.MapGet(Routes.SnapshotsExport, ExportAsync);
        web.MapPost(Routes.SnapshotsImport, ImportAsync);
    }

    private static string Wanted(HttpContext context) => context.Request.Query["snapshot"].ToString();

    private static Task MissingAsync(HttpContext context)
    {
        context.Response.StatusCode = 404;
        var error = new ApiError { Code = ErrorCode.NotFound, Message = "there is no snapshot \"nothing\" on this node", Hint = "figment snapshot ls shows those that are here" };
        return context.Response.WriteAsJsonAsync(error, ApiJson.Default.ApiError);
    }

    private static async Task VerifyAsync(HttpContext context)
    {
        foreach (var view in (SnapshotView[])(Wanted(context).Length > 0 ? [Calm] : [Calm, Newer, Damaged]))
        {
            await context.Response.WriteAsync(JsonSerializer.Serialize(view, ApiJson.Default.SnapshotView) + "\n");
        }
    }

    private async Task ExportAsync(HttpContext context)
    {
        if (Wanted(context) == "nothing")
        {
            await MissingAsync(context);
            return;
        }

        await context.Response.Body.WriteAsync(Exported);
        await context.Response.Body.FlushAsync();
        if (BreaksOff)
        {
            context.Abort();
        }
    }

    private async Task ImportAsync(HttpContext context)
    {
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content);
        Imported = content.ToArray();
        await context.Response.WriteAsJsonAsync(Newer, ApiJson.Default.SnapshotView);
    }
}
