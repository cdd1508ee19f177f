using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Figment.Api.Contract;
using Figment.Cluster.Tests.Support;
using Figment.Model.Specs;
using Figment.Model.States;
using Figment.Node.Tests.Support;

namespace Figment.Cluster.Tests.Api;

/// <summary>The daemon as a process, with the keeper's peer of the node's tests.</summary>
public sealed class DaemonTests
{
    private static readonly ApplicationSpec Shop = Specs.Application(Specs.Service("web") with { Expose = [new PortSpec(80, TransportProtocol.Tcp)] }, Specs.Service("worker"));

    [Fact]
    public async Task An_application_goes_through_its_whole_life_over_the_socket()
    {
        await using var daemon = await DaemonProcess.StartAsync();
        var up = await UpAsync(daemon);
        Assert.True(up[^1].Done, up[^1].Error?.Message);
        Assert.Equal("up", up[^1].Application!.Summary.Status);

        Assert.Equal(["shop"], (await GetAsync(daemon, Routes.Applications, ApiJson.Default.IReadOnlyListApplicationSummary)).Select(one => one.Name));
        Assert.Equal(["web-1", "worker-1"], (await GetAsync(daemon, "/v1/machines?app=shop", ApiJson.Default.IReadOnlyListMachineView)).Select(one => one.Machine));
        var (status, body) = await daemon.SendAsync(HttpMethod.Post, "/v1/applications/shop/machines/web-1/start");
        Assert.True(status == 200, body);
        Assert.Equal(MachineState.Running, JsonSerializer.Deserialize(body, ApiJson.Default.MachineView)!.State);
        var detail = await GetAsync(daemon, "/v1/applications/shop/machines/web-1", ApiJson.Default.MachineDetail);
        Assert.Equal(1, detail.Epoch);
        Assert.Equal(MachineState.Running, LastState(await GetAsync(daemon, "/v1/applications/shop/machines/web-1/why", ApiJson.Default.IReadOnlyListEventView)));
        Directory.CreateDirectory(Path.GetDirectoryName(detail.LogFile)!);
        await File.WriteAllTextAsync(detail.LogFile, """{"at":"2026-01-01T00:00:00Z","stream":"stdout","line":"hello"}""" + "\n");
        Assert.Contains("hello", (await daemon.SendAsync(HttpMethod.Get, "/v1/applications/shop/machines/web-1/logs")).Body, StringComparison.Ordinal);
        Assert.Equal(2, (await daemon.SendAsync(HttpMethod.Get, "/v1/events?app=shop")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        var (downStatus, down) = await daemon.SendAsync(HttpMethod.Delete, "/v1/applications/shop");
        Assert.Equal(200, downStatus);
        Assert.Contains("\"done\":true", down, StringComparison.Ordinal);
        Assert.Equal("[]", (await daemon.SendAsync(HttpMethod.Get, Routes.Applications)).Body);
        Assert.Equal(2, (await UpAsync(daemon))[^1].Application is { } again ? await EpochAsync(daemon, again.Machines[0].Machine) : 0);
        Assert.DoesNotContain("<3>", daemon.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_daemon_finds_its_application_again()
    {
        await using var daemon = await DaemonProcess.StartAsync();
        int? keeper = (await UpAsync(daemon))[^1].Application!.KeeperPid;

        await daemon.KillAndRestartAsync();

        var view = await Eventually.HasAsync("the keeper is found", () => GetAsync(daemon, "/v1/applications/shop", ApiJson.Default.ApplicationView), seen => seen.KeeperPid is not null);
        Assert.Equal(keeper, view.KeeperPid);
        Assert.Equal("up", view.Summary.Status);
        Assert.Equal(1, await EpochAsync(daemon, "web-1"));
        Assert.True((await UpAsync(daemon))[^1].Done);
        Assert.Equal(1, await EpochAsync(daemon, "web-1"));
    }

    [Fact]
    public async Task Exec_carries_bytes_both_ways_and_tells_why_not()
    {
        await using var daemon = await DaemonProcess.StartAsync();
        await UpAsync(daemon);
        string refused = await ExecAsync(daemon, null);
        Assert.StartsWith("HTTP/1.1 409", refused, StringComparison.Ordinal);
        Assert.Contains("\"exitCode\":125", refused, StringComparison.Ordinal);

        string folder = Directory.CreateDirectory(Path.Combine(daemon.RuntimeFolder, "apps", "shop", "machines", "web-1")).FullName;
        using var box = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        box.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "box.sock")));
        box.Listen();
        var served = EchoOnceAsync(box);

        string answer = await ExecAsync(daemon, "frames in");

        Assert.Contains("\"stream\":\"exec\"", await served, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 101", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nearlyframes in", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Followers_see_events_come_and_a_stopped_daemon_ends_them_and_leaves_keepers()
    {
        await using var daemon = await DaemonProcess.StartAsync();
        int keeper = (await UpAsync(daemon))[^1].Application!.KeeperPid!.Value;
        using var response = await daemon.Client.GetAsync(new Uri("/v1/events?app=shop&follow=true", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Contains("worker-1", await lines.ReadLineAsync(), StringComparison.Ordinal);

        await daemon.SendAsync(HttpMethod.Post, "/v1/applications/shop/machines/web-1/start");

        Assert.Contains("web-1", await lines.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await daemon.StopAsync());
        Assert.Null(await lines.ReadLineAsync());
        Assert.True(Directory.Exists($"/proc/{keeper}"));
        using var kill = System.Diagnostics.Process.Start("kill", ["-KILL", $"{keeper}"]);
        await kill.WaitForExitAsync();
    }

    [Fact]
    public async Task The_OpenAPI_document_describes_every_route()
    {
        await using var daemon = await DaemonProcess.StartAsync();
        string document = (await daemon.SendAsync(HttpMethod.Get, Routes.OpenApi)).Body;
        using var parsed = JsonDocument.Parse(document);
        var paths = parsed.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToHashSet();

        foreach (var field in typeof(Routes).GetFields().Where(field => field.IsLiteral && field.GetRawConstantValue() is string text && text.StartsWith("/v1", StringComparison.Ordinal)))
        {
            Assert.Contains((string)field.GetRawConstantValue()!, paths);
        }

        string approved = Path.Combine(Repository(), "docs", "reference", "openapi.json");
        if (Environment.GetEnvironmentVariable("FIGMENT_APPROVE") == "1")
        {
            await File.WriteAllTextAsync(approved, document.ReplaceLineEndings("\n") + "\n");
        }

        Assert.True(await File.ReadAllTextAsync(approved) == document + "\n", $"{approved} is not what the daemon serves; FIGMENT_APPROVE=1 writes it anew");
    }

    private static string Repository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Figment.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("no Figment.slnx above the test");
        }

        return folder;
    }

    private static MachineState LastState(IReadOnlyList<EventView> events) => Assert.Single(events).Event.To;

    private static async Task<long> EpochAsync(DaemonProcess daemon, string machine) => (await GetAsync(daemon, $"/v1/applications/shop/machines/{machine}", ApiJson.Default.MachineDetail)).Epoch;

    private static async Task<List<ProgressLine>> UpAsync(DaemonProcess daemon)
    {
        string request = JsonSerializer.Serialize(new UpRequest { Application = Shop, Wait = true }, ApiJson.Default.UpRequest);
        var (status, body) = await daemon.SendAsync(HttpMethod.Put, "/v1/applications/shop", request);
        Assert.True(status == 200, body);
        return [.. body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize(line, ApiJson.Default.ProgressLine)!)];
    }

    private static async Task<T> GetAsync<T>(DaemonProcess daemon, string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        var (status, body) = await daemon.SendAsync(HttpMethod.Get, path);
        Assert.True(status == 200, $"{path}: {status} {body}");
        return JsonSerializer.Deserialize(body, type)!;
    }

    private static Task<string> ExecAsync(DaemonProcess daemon, string? after)
    {
        string request = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new ExecRequest { Arguments = ["ls"] }, ApiJson.Default.ExecRequest));
        return daemon.SendRawAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/applications/shop/machines/web-1/exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: figment-stream\r\n{Routes.StreamRequestHeader}: {request}\r\n\r\n{after}"),
            complete: text => text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal) || (after is not null && text.EndsWith(after, StringComparison.Ordinal)));
    }

    /// <summary>The box's side: takes the request, answers with frames in the same packet, then echoes.</summary>
    private static async Task<string> EchoOnceAsync(Socket box)
    {
        using var connection = await box.AcceptAsync();
        byte[] buffer = new byte[4096];
        int count = await connection.ReceiveAsync(buffer);
        string request = Encoding.UTF8.GetString(buffer, 0, count);
        await connection.SendAsync("{}\nearly"u8.ToArray());
        while ((count = await connection.ReceiveAsync(buffer)) > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, count));
        }

        return request;
    }
}
