using System.Text;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cluster.Tests.Support;
using Figment.Migration.Store;
using Figment.Node.Tests.Support;

namespace Figment.Cluster.Tests.Api;

/// <summary>Snapshots over the socket: what goes out and comes in as bytes, and clients that leave meanwhile.</summary>
public sealed class SnapshotTests(DaemonFixture fixture) : IClassFixture<DaemonFixture>, IDisposable
{
    /// <summary>More than any other request may have, and than sockets hold.</summary>
    private const int LargeBytes = 40 * 1024 * 1024;

    private readonly TemporaryFolder _folder = new();

    private DaemonProcess Daemon => fixture.Daemon;

    private string Root => Path.Combine(Daemon.Root, "state", "snapshots");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_snapshot_goes_out_and_comes_in_as_it_is()
    {
        using var client = Client();
        string id = await PublishAsync("round", LargeBytes);
        string file = _folder.At("round.snapshot");
        await using (var output = File.Create(file))
        {
            await client.ExportSnapshotAsync("shop/web-1:round", () => output, CancellationToken.None);
        }

        Assert.True(new FileInfo(file).Length > LargeBytes);
        await using var again = File.OpenRead(file);
        var imported = await client.ImportSnapshotAsync(again, CancellationToken.None);
        await using var elsewhere = File.OpenRead(file);
        var other = new SnapshotStore(_folder.At("other"), new StoreOptions(), TimeProvider.System);
        string there = await other.ImportAsync(elsewhere);

        Assert.NotEqual(id, imported.Id);
        Assert.Equal(("shop", "web-1", "round"), (imported.Application, imported.Machine, imported.Name));
        AssertSame(Store(), imported.Id, "round");
        AssertSame(other, there, "round");
        await client.RemoveSnapshotAsync(id, CancellationToken.None);
        await client.RemoveSnapshotAsync(imported.Id, CancellationToken.None);
        Assert.True((await client.PruneSnapshotsAsync(CancellationToken.None)).FreedBytes > LargeBytes);
    }

    [Fact]
    public async Task All_verbs_answer_as_the_contract_says()
    {
        using var client = Client();
        string id = await PublishAsync("verbs", 100_000);

        Assert.Contains(await client.GetSnapshotsAsync(CancellationToken.None), one => one.Id == id && one.Name == "verbs");
        Assert.Equal(id, (await client.GetSnapshotAsync("verbs", CancellationToken.None)).Snapshot.Id);
        List<SnapshotView> verified = [];
        await foreach (var one in client.VerifySnapshotsAsync(id, CancellationToken.None))
        {
            verified.Add(one);
        }

        Assert.Equal((id, null), (Assert.Single(verified).Id, verified[0].Complaint));
        Assert.Equal(id, (await client.RemoveSnapshotAsync(id, CancellationToken.None)).Id);
        Assert.Equal(404, (await Assert.ThrowsAsync<FigmentApiException>(() => client.GetSnapshotAsync(id, CancellationToken.None))).Status);
    }

    [Theory]
    [InlineData("GET", "/v1/snapshots/inspect", 400, "which snapshot")]
    [InlineData("DELETE", "/v1/snapshots", 400, "which snapshot")]
    [InlineData("GET", "/v1/snapshots/export", 400, "which snapshot")]
    [InlineData("GET", "/v1/snapshots/export?snapshot=nothing", 404, "there is no snapshot")]
    [InlineData("POST", "/v1/snapshots/verify?snapshot=..%2f..%2fetc", 404, "there is no snapshot")]
    [InlineData("POST", "/v1/snapshots/import", 422, "the stream was not imported")]
    public async Task What_is_wrong_is_an_error_and_no_stream(string method, string path, int status, string says)
    {
        var (answered, body) = await Daemon.SendAsync(new HttpMethod(method), path);

        Assert.Equal(status, answered);
        Assert.StartsWith("{\"code\":", body, StringComparison.Ordinal);
        Assert.Contains(says, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_sends_much_rubbish_hears_that_it_is()
    {
        using var client = Client();
        using var rubbish = new MemoryStream(new byte[LargeBytes]);

        var refused = await Assert.ThrowsAsync<FigmentApiException>(() => client.ImportSnapshotAsync(rubbish, CancellationToken.None));

        Assert.Equal(ErrorCode.Failed, refused.Error.Code);
        Assert.Contains("it does not begin as an export", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_beyond_all_bounds_is_refused_before_it_is_read()
    {
        byte[] head = Encoding.ASCII.GetBytes("POST /v1/snapshots/import HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nfigment-export 1\n");

        string answer = await Daemon.SendRawAsync(head, complete: text => text.Contains('}', StringComparison.Ordinal));

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("too large", answer, StringComparison.Ordinal);
    }

    /// <summary>More often than transfers are allowed at once: each gives its turn back.</summary>
    [Fact]
    public async Task Clients_that_leave_in_the_middle_leave_nothing()
    {
        using var client = Client();
        string id = await PublishAsync("leave", LargeBytes);
        using var stream = new MemoryStream();
        Store().Export(id, stream);
        for (int round = 0; round < 5; round++)
        {
            await LeaveAsync(Encoding.ASCII.GetBytes($"GET /v1/snapshots/export?snapshot={id} HTTP/1.1\r\nHost: x\r\n\r\n"), untilAnswered: true);
            byte[] part = [.. Encoding.ASCII.GetBytes($"POST /v1/snapshots/import HTTP/1.1\r\nHost: x\r\nContent-Length: {stream.Length}\r\n\r\n"), .. stream.GetBuffer().AsSpan(0, 3_000_000)];
            await LeaveAsync(part, untilAnswered: false);
            await Eventually.IsAsync("nothing is left of the transfers", () => Directory.GetFileSystemEntries(Path.Combine(Root, "staging")).Length == 0);
        }

        using var whole = new MemoryStream();
        await client.ExportSnapshotAsync(id, () => whole, CancellationToken.None);
        Assert.Equal(stream.ToArray(), whole.ToArray());
        Assert.Single(await client.GetSnapshotsAsync(CancellationToken.None), one => one.Name == "leave");
        Assert.DoesNotContain("<3>", Daemon.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_ends_waits_for_no_transfer()
    {
        await using var daemon = await DaemonProcess.StartAsync();
        using var socket = await daemon.ConnectAsync(CancellationToken.None);
        await socket.SendAsync(Encoding.ASCII.GetBytes("POST /v1/snapshots/import HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nfigm"));
        await Eventually.IsAsync("the import has begun", () => Directory.Exists(Path.Combine(daemon.Root, "state", "snapshots", "staging")) && Directory.GetFileSystemEntries(Path.Combine(daemon.Root, "state", "snapshots", "staging")).Length > 0);

        Assert.Equal(0, await daemon.StopAsync());

        byte[] answer = new byte[4096];
        Assert.StartsWith("HTTP/1.1 503", Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(daemon.Root, "state", "snapshots", "staging")));
    }

    [Theory]
    [InlineData("FIGMENT_SNAPSHOT_QUOTA", "much", "FIGMENT_SNAPSHOT_QUOTA=much is no size")]
    [InlineData("FIGMENT_SNAPSHOT_KEY", "key", "FIGMENT_SNAPSHOT_KEY=key is not an absolute path")]
    [InlineData("FIGMENT_SNAPSHOT_LEVEL", "20", "FIGMENT_SNAPSHOT_LEVEL=20 is no level")]
    public async Task A_wrong_variable_is_told_at_the_start(string name, string value, string says)
    {
        var (code, error) = await DaemonProcess.StartWrongAsync(name, value);

        Assert.Equal(1, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    private FigmentClient Client() => new(Path.Combine(Daemon.RuntimeFolder, "figment.sock"));

    private SnapshotStore Store() => new(Root, new StoreOptions(), TimeProvider.System);

    private async Task LeaveAsync(byte[] request, bool untilAnswered)
    {
        using var socket = await Daemon.ConnectAsync(CancellationToken.None);
        await socket.SendAsync(request);
        if (untilAnswered)
        {
            byte[] buffer = new byte[100_000];
            Assert.True(await socket.ReceiveAsync(buffer) > 0);
            Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(buffer, 0, 12), StringComparison.Ordinal);
        }
    }

    private async Task<string> PublishAsync(string name, int bytes)
    {
        string folder = Directory.CreateDirectory(_folder.At(name)).FullName;
        byte[] pages = new byte[bytes];

        // Of its own: what another snapshot shares stays when one is removed.
        new Random(name.Sum(one => one)).NextBytes(pages);
        await File.WriteAllBytesAsync(Path.Combine(folder, "pages-1.img"), pages);
        await File.WriteAllTextAsync(Path.Combine(folder, "machine.json"), "{}");
        return await Store().PublishAsync(folder, new SnapshotInfo { Application = "shop", Machine = "web-1", Revision = "r1", TakenAt = DateTimeOffset.UnixEpoch, Name = name });
    }

    private void AssertSame(SnapshotStore store, string id, string name)
    {
        string target = _folder.At($"unpacked-{id}");
        store.Unpack(id, target);
        Assert.Equal(["machine.json", "pages-1.img"], Directory.GetFiles(target).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder.At(name), "pages-1.img")), File.ReadAllBytes(Path.Combine(target, "pages-1.img")));
    }
}
