using System.IO.Pipelines;
using Figment.Api.Contract;
using Figment.Migration.Store;
using Figment.Node.Errors;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Snapshots;

public sealed class NodeSnapshotTests : IAsyncDisposable
{
    private static readonly SnapshotInfo Info = new() { Application = "shop", Machine = "web-1", Revision = "r1", TakenAt = DateTimeOffset.UnixEpoch.AddDays(1), Name = "calm" };

    private readonly TemporaryFolder _folder = new();
    private readonly TestNode _node = new();

    private NodeService Service => _node.Service;

    private string Root => _node.Options.Places.Snapshots;

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_store_is_made_when_it_is_first_needed()
    {
        Assert.False(Directory.Exists(Root));

        Assert.Empty(await Service.SnapshotsAsync(CancellationToken.None));

        Assert.True(File.Exists(Path.Combine(Root, "store.json")));
    }

    [Fact]
    public async Task A_snapshot_is_listed_inspected_verified_and_removed()
    {
        string id = await PublishAsync(1, Info);
        string second = await PublishAsync(1, Info with { Name = null, TakenAt = Info.TakenAt.AddDays(1) });

        var listed = await Service.SnapshotsAsync(CancellationToken.None);
        var detail = await Service.GetSnapshotAsync("shop/web-1:calm", CancellationToken.None);
        var verified = await VerifyAsync(null);

        Assert.Equal([id, second], listed.Select(one => one.Id));
        Assert.Equal(("shop", "web-1", "calm", "r1", Info.TakenAt, 200_000L), (listed[0].Application, listed[0].Machine, listed[0].Name, listed[0].Revision, listed[0].TakenAt, listed[0].SizeBytes));
        Assert.InRange(listed[0].StoredBytes!.Value, 1, 210_000);
        Assert.Equal(listed[0], detail.Snapshot);
        Assert.Equal(detail.Snapshot.StoredBytes, detail.UniqueBytes + detail.SharedBytes);
        Assert.True(detail.SharedBytes > 190_000);
        Assert.Equal(listed, verified);
        Assert.Equal(second, Assert.Single(await VerifyAsync("shop/web-1")).Id);

        Assert.Equal(id, (await Service.RemoveSnapshotAsync(id[..12], CancellationToken.None)).Id);
        Assert.Equal(0, (await Service.PruneSnapshotsAsync(CancellationToken.None)).Packs);
        Assert.Equal(second, (await Service.RemoveSnapshotAsync("shop/web-1", CancellationToken.None)).Id);
        Assert.True((await Service.PruneSnapshotsAsync(CancellationToken.None)) is { Packs: > 0, FreedBytes: > 190_000 });
        Assert.Empty(await Service.SnapshotsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_is_not_there_is_not_found_by_any_verb()
    {
        await AssertRefusedAsync(ErrorCode.NotFound, "there is no snapshot \"calm\"", () => Service.GetSnapshotAsync("calm", CancellationToken.None));
        await AssertRefusedAsync(ErrorCode.NotFound, "there is no snapshot \"calm\"", () => Service.RemoveSnapshotAsync("calm", CancellationToken.None));
        await AssertRefusedAsync(ErrorCode.NotFound, "there is no snapshot \"calm\"", () => Service.ExportSnapshotAsync("calm", Stream.Null, CancellationToken.None));
        await AssertRefusedAsync(ErrorCode.NotFound, "there is no snapshot \"calm\"", () => VerifyAsync("calm"));
    }

    [Fact]
    public async Task A_damaged_page_is_found_by_verify_and_stops_an_export_before_its_first_byte()
    {
        string id = await PublishAsync(1, Info);
        await DamageAsync(Directory.GetFiles(Path.Combine(Root, "packs"), "*.pack")[0]);
        string good = await PublishAsync(2, Info with { Machine = "db-1" });
        using var output = new MemoryStream();

        var verified = await VerifyAsync(null);

        Assert.Equal([id, good], verified.Select(one => one.Id));
        Assert.Contains($"snapshot {id} is damaged", verified[0].Complaint, StringComparison.Ordinal);
        Assert.Null(verified[1].Complaint);
        var refused = await AssertRefusedAsync(ErrorCode.Failed, $"snapshot {id} is damaged", () => Service.ExportSnapshotAsync(id, output, CancellationToken.None));
        Assert.Contains("remove it", refused.Hint, StringComparison.Ordinal);
        Assert.Equal(0, output.Length);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Root, "staging")));
    }

    [Fact]
    public async Task A_damaged_record_is_listed_keeps_garbage_and_can_be_removed()
    {
        string id = await PublishAsync(1, Info);
        await DamageAsync(Path.Combine(Root, "snapshots", id));

        var listed = Assert.Single(await Service.SnapshotsAsync(CancellationToken.None));

        Assert.Equal((id, (string?)null), (listed.Id, listed.Machine));
        Assert.Contains("is damaged", listed.Complaint, StringComparison.Ordinal);
        await AssertRefusedAsync(ErrorCode.Failed, "garbage was not collected", () => Service.PruneSnapshotsAsync(CancellationToken.None));
        await AssertRefusedAsync(ErrorCode.Failed, "is damaged", () => Service.GetSnapshotAsync(id, CancellationToken.None));
        await AssertRefusedAsync(ErrorCode.NotFound, "there is no snapshot", () => Service.GetSnapshotAsync("calm", CancellationToken.None));
        await Service.RemoveSnapshotAsync(id[..12], CancellationToken.None);
        Assert.Equal(1, (await Service.PruneSnapshotsAsync(CancellationToken.None)).Packs);
    }

    [Fact]
    public async Task An_export_is_imported_with_its_name_and_content()
    {
        await PublishAsync(1, Info);
        using var stream = new MemoryStream();
        await Service.ExportSnapshotAsync("calm", stream, CancellationToken.None);
        stream.Position = 0;
        await using var other = new TestNode();

        var imported = await other.Service.ImportSnapshotAsync(stream, CancellationToken.None);

        Assert.Equal(("shop", "web-1", "calm", 200_000L), (imported.Application, imported.Machine, imported.Name, imported.SizeBytes));
        string target = _folder.At("target");
        new SnapshotStore(other.Options.Places.Snapshots, new StoreOptions(), TimeProvider.System).Unpack(imported.Id, target);
        Assert.Equal(await File.ReadAllBytesAsync(_folder.At("source-1/pages-1.img")), await File.ReadAllBytesAsync(Path.Combine(target, "pages-1.img")));
    }

    [Fact]
    public async Task Rubbish_is_not_imported()
    {
        var refused = await AssertRefusedAsync(ErrorCode.Failed, "the stream was not imported: it does not begin as an export", () => Service.ImportSnapshotAsync(new MemoryStream(new byte[5000]), CancellationToken.None));

        Assert.Equal("export the snapshot again", refused.Hint);
        Assert.Empty(await Service.SnapshotsAsync(CancellationToken.None));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Root, "staging")));
    }

    [Fact]
    public async Task What_the_quota_does_not_have_is_not_imported()
    {
        await PublishAsync(1, Info);
        using var stream = new MemoryStream();
        await Service.ExportSnapshotAsync("calm", stream, CancellationToken.None);
        stream.Position = 0;
        await using var small = new TestNode(snapshots: new StoreOptions { QuotaBytes = 100_000 });

        await AssertRefusedAsync(ErrorCode.Failed, "may take 100000 bytes together", () => small.Service.ImportSnapshotAsync(stream, CancellationToken.None));

        Assert.Empty(await small.Service.SnapshotsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_told_and_looked_for_again()
    {
        string key = _folder.At("key");
        await using var node = new TestNode(snapshots: new StoreOptions { KeyFile = key });

        var refused = await AssertRefusedAsync(ErrorCode.Failed, $"the store's key file {key} is missing", () => node.Service.SnapshotsAsync(CancellationToken.None));
        Assert.Contains("put the store's key there", refused.Hint, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(key, new byte[32]);
        File.SetUnixFileMode(key, UnixFileMode.UserRead);
        Assert.Empty(await node.Service.SnapshotsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task More_than_a_few_transfers_are_not_at_once()
    {
        Pipe[] pipes = [new(), new(), new(), new()];
        var waiting = pipes.Select(pipe => Service.ImportSnapshotAsync(pipe.Reader.AsStream(), CancellationToken.None)).ToArray();

        await AssertRefusedAsync(ErrorCode.Conflict, "4 snapshots are being exported or imported", () => Service.ImportSnapshotAsync(Stream.Null, CancellationToken.None));

        foreach (var pipe in pipes)
        {
            await pipe.Writer.CompleteAsync();
        }

        foreach (var import in waiting)
        {
            await AssertRefusedAsync(ErrorCode.Failed, "the stream was not imported", () => import);
        }

        await AssertRefusedAsync(ErrorCode.Failed, "the stream was not imported", () => Service.ImportSnapshotAsync(Stream.Null, CancellationToken.None));
    }

    private static async Task<NodeException> AssertRefusedAsync(ErrorCode code, string says, Func<Task> work)
    {
        var refused = await Assert.ThrowsAsync<NodeException>(work);
        Assert.Equal(code, refused.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.Hint);
        return refused;
    }

    private static async Task DamageAsync(string file)
    {
        byte[] content = await File.ReadAllBytesAsync(file);
        content[^1] ^= 1;
        await File.WriteAllBytesAsync(file, content);
    }

    private async Task<IReadOnlyList<SnapshotView>> VerifyAsync(string? snapshot)
    {
        List<SnapshotView> verified = [];
        await foreach (var one in Service.VerifySnapshotsAsync(snapshot, CancellationToken.None))
        {
            verified.Add(one);
        }

        return verified;
    }

    private async Task<string> PublishAsync(int seed, SnapshotInfo info)
    {
        string folder = Directory.CreateDirectory(_folder.At($"source-{seed}")).FullName;
        byte[] pages = new byte[200_000];
        new Random(seed).NextBytes(pages);
        await File.WriteAllBytesAsync(Path.Combine(folder, "pages-1.img"), pages);
        return await new SnapshotStore(Root, _node.Options.Snapshots, TimeProvider.System).PublishAsync(folder, info);
    }
}
