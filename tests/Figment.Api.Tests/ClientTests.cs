using System.Net.Sockets;
using System.Text;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Model;
using Figment.Model.Signals;
using Figment.Model.Specs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Figment.Api.Tests;

public sealed class ClientTests
{
    private static readonly Places Here = new() { RuntimeDirectory = "/run/figment", StateDirectory = "/var/lib/figment" };

    [Fact]
    public async Task Documents_and_queries_go_over_the_socket()
    {
        string? application = null;
        await using var server = await SocketServer.StartAsync(web => web.MapGet(Routes.Machines, (HttpContext context) =>
        {
            application = context.Request.Query["app"];
            return context.Response.WriteAsJsonAsync([Samples.Machine("web-1")], ApiJson.Default.IReadOnlyListMachineView);
        }));
        using var client = new FigmentClient(server.SocketPath);

        var machines = await client.GetMachinesAsync("a b&c", CancellationToken.None);

        Assert.Equal("web-1", Assert.Single(machines).Machine);
        Assert.Equal("a b&c", application);
    }

    [Fact]
    public async Task A_bill_is_asked_for_with_its_price_list()
    {
        BillRequest? asked = null;
        await using var server = await SocketServer.StartAsync(web => web.MapPost(Routes.Bill, async (HttpContext context) =>
        {
            asked = await context.Request.ReadFromJsonAsync(ApiJson.Default.BillRequest);
            var total = new BillRow { Name = "total", Machines = 0, States = [], Usage = new MachineUsage(), Wakes = [], Costs = [new BillCost { Prices = "own", Cost = 0.000000001m }] };
            var bill = new BillView { Application = "guestbook", From = default, To = default, By = asked!.By, Prices = [], Rows = [], Total = total, Intervals = [] };
            await context.Response.WriteAsJsonAsync(bill, ApiJson.Default.BillView);
        }));
        using var client = new FigmentClient(server.SocketPath);

        var answer = await client.GetBillAsync("guestbook", new BillRequest { By = BillBy.State, PriceText = "{\n}", PriceFile = "own.json" }, CancellationToken.None);

        Assert.Equal((BillBy.State, "{\n}", "own.json", null), (asked!.By, asked.PriceText, asked.PriceFile, asked.Since));
        Assert.Equal((BillBy.State, 0.000000001m), (answer.By, answer.Total.Costs[0].Cost));
    }

    [Fact]
    public async Task A_name_cannot_lead_to_another_route()
    {
        string? path = null;
        await using var server = await SocketServer.StartAsync(web => web.MapFallback((HttpContext context) =>
        {
            path = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            return context.Response.WriteAsJsonAsync(Samples.Machine("web-1"), ApiJson.Default.MachineView);
        }));
        using var client = new FigmentClient(server.SocketPath);

        await client.ActAsync("guestbook", "../../shutdown?x", MachineAction.Stop, new ActionRequest(), CancellationToken.None);

        Assert.Equal("/v1/applications/guestbook/machines/..%2F..%2Fshutdown%3Fx/stop", path);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetMachineAsync("..", "web-1", CancellationToken.None));
    }

    [Fact]
    public async Task An_error_is_thrown_as_the_daemon_told_it()
    {
        await using var server = await SocketServer.StartAsync(web => web.MapGet(Routes.Application, (HttpContext context) =>
        {
            context.Response.StatusCode = 404;
            return context.Response.WriteAsJsonAsync(new ApiError { Code = ErrorCode.NotFound, Message = "no application 'x' on this node", Hint = "figment ls" }, ApiJson.Default.ApiError);
        }));
        using var client = new FigmentClient(server.SocketPath);

        var exception = await Assert.ThrowsAsync<FigmentApiException>(() => client.GetApplicationAsync("x", CancellationToken.None));

        Assert.Equal((ErrorCode.NotFound, 404, "figment ls", "no application 'x' on this node"), (exception.Error.Code, exception.Status, exception.Error.Hint, exception.Message));
    }

    [Theory]
    [InlineData("", "text/plain", ErrorCode.NotFound)]
    [InlineData("<html>", "text/html", ErrorCode.NotFound)]
    [InlineData("{\"message\":", "application/json", ErrorCode.NotFound)]
    public async Task An_error_without_our_body_still_has_its_code(string body, string type, ErrorCode expected)
    {
        await using var server = await SocketServer.StartAsync(web => web.MapGet(Routes.Doctor, (HttpContext context) =>
        {
            context.Response.StatusCode = 404;
            context.Response.ContentType = type;
            return context.Response.WriteAsync(body);
        }));
        using var client = new FigmentClient(server.SocketPath);

        var exception = await Assert.ThrowsAsync<FigmentApiException>(() => client.GetDoctorAsync(CancellationToken.None));

        Assert.Equal(expected, exception.Error.Code);
        Assert.Contains("404", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_arrives_line_by_line_while_the_work_goes_on()
    {
        var more = new TaskCompletionSource();
        await using var server = await SocketServer.StartAsync(web => web.MapPut(Routes.Application, async (HttpContext context) =>
        {
            var request = await context.Request.ReadFromJsonAsync(ApiJson.Default.UpRequest);
            await LineAsync(context, """{"subject":"network default","status":"made"}""");
            await more.Task;
            await LineAsync(context, $$"""{"subject":"{{request!.Application.Name}}","done":true}""");
        }));
        using var client = new FigmentClient(server.SocketPath);
        var lines = client.UpAsync(new UpRequest { Application = new ApplicationSpec { Name = "guestbook", WorkingDirectory = "/" } }, CancellationToken.None).GetAsyncEnumerator();

        Assert.True(await lines.MoveNextAsync());
        Assert.Equal("made", lines.Current.Status);
        more.SetResult();
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal((true, "guestbook"), (lines.Current.Done, lines.Current.Subject));
        Assert.False(await lines.MoveNextAsync());
    }

    [Fact]
    public async Task An_error_inside_a_stream_is_thrown_after_the_lines_before_it()
    {
        await using var server = await SocketServer.StartAsync(web => web.MapPost(Routes.ImagesPull, async (HttpContext context) =>
        {
            await LineAsync(context, """{"subject":"image redis","status":"pulling"}""");
            await LineAsync(context, """{"error":{"code":"Conflict","message":"cannot pull redis: somebody else is at it","hint":"figment images"}}""");
        }));
        using var client = new FigmentClient(server.SocketPath);
        var seen = new List<string?>();

        var exception = await Assert.ThrowsAsync<FigmentApiException>(async () =>
        {
            await foreach (var line in client.PullImageAsync(new PullRequest { Reference = "redis" }, CancellationToken.None))
            {
                seen.Add(line.Status);
            }
        });

        Assert.Equal(["pulling"], seen);
        Assert.Equal((ErrorCode.Conflict, 409), (exception.Error.Code, exception.Status));
    }

    [Fact]
    public async Task An_error_line_ends_a_stream_of_logs_and_events_too()
    {
        await using var server = await SocketServer.StartAsync(web => web.MapGet(Routes.Logs, async (HttpContext context) =>
        {
            await LineAsync(context, """{"at":"2026-03-01T14:03:22Z","stream":"stdout","line":"ready"}""");
            await LineAsync(context, """{"code":"Failed","message":"cannot read the log of web-1: EIO"}""");
        }));
        using var client = new FigmentClient(server.SocketPath);
        var lines = client.LogsAsync("guestbook", "web-1", new LogQuery(), CancellationToken.None).GetAsyncEnumerator();

        Assert.True(await lines.MoveNextAsync());
        Assert.Equal("ready", lines.Current.Line);
        var exception = await Assert.ThrowsAsync<FigmentApiException>(() => lines.MoveNextAsync().AsTask());
        Assert.Equal("cannot read the log of web-1: EIO", exception.Message);
    }

    [Fact]
    public async Task A_daemon_that_breaks_off_inside_a_stream_is_told_as_that()
    {
        await using var server = await SocketServer.StartAsync(web => web.MapGet(Routes.Events, async (HttpContext context) =>
        {
            await context.Response.WriteAsync("\n");
            await context.Response.Body.FlushAsync();
            context.Abort();
        }));
        using var client = new FigmentClient(server.SocketPath);

        var exception = await Assert.ThrowsAsync<InvalidDataException>(() => client.EventsAsync(null, null, follow: true, CancellationToken.None).GetAsyncEnumerator().MoveNextAsync().AsTask());

        Assert.Contains("broke off", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"subject\":\"image redis\"}\n")]
    [InlineData("")]
    [InlineData("nonsense\n")]
    public async Task Progress_that_ends_without_done_is_no_success(string body)
    {
        await using var server = await SocketServer.StartAsync(web => web.MapDelete(Routes.Application, (HttpContext context) => context.Response.WriteAsync(body)));
        using var client = new FigmentClient(server.SocketPath);

        await Assert.ThrowsAsync<InvalidDataException>(async () =>
        {
            await foreach (var _ in client.DownAsync("guestbook", volumes: false, timeoutMs: null, CancellationToken.None))
            {
            }
        });
    }

    [Fact]
    public async Task A_last_line_without_a_newline_and_blank_lines_are_fine()
    {
        string? asked = null;
        await using var server = await SocketServer.StartAsync(web => web.MapGet(Routes.Events, (HttpContext context) =>
        {
            asked = context.Request.QueryString.Value;
            return context.Response.WriteAsync("\r\n" + """{"application":"guestbook","event":{"sequence":3,"at":"2026-03-01T14:03:22Z","machine":"web-1","from":"Imaginary","to":"Starting","cause":{"kind":"Connection","port":80}}}""");
        }));
        using var client = new FigmentClient(server.SocketPath);
        var events = new List<EventView>();
        await foreach (var view in client.EventsAsync(null, Samples.At, follow: false, CancellationToken.None))
        {
            events.Add(view);
        }

        Assert.Equal((SignalKind.Connection, 80), (Assert.Single(events).Event.Cause.Kind, events[0].Event.Cause.Port!.Value));
        Assert.Equal("?since=2026-03-01T14%3A03%3A22.0000000%2B00%3A00", asked);
    }

    [Fact]
    public async Task A_missing_socket_a_dead_one_and_a_forbidden_one_are_told_apart()
    {
        string folder = Directory.CreateTempSubdirectory("figment-api-").FullName;
        string dead = Path.Combine(folder, "dead.sock");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(dead));
            using var refused = new FigmentClient(dead);
            using var missing = new FigmentClient(Path.Combine(folder, "missing.sock"));

            Assert.Equal(UnreachableReason.Refused, (await Assert.ThrowsAsync<FigmentUnreachableException>(() => refused.GetVersionAsync(CancellationToken.None))).Reason);
            Assert.Equal(UnreachableReason.Missing, (await Assert.ThrowsAsync<FigmentUnreachableException>(() => missing.GetVersionAsync(CancellationToken.None))).Reason);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Cancelling_ends_a_followed_log_at_once()
    {
        await using var server = await SocketServer.StartAsync(web => web.MapGet(Routes.Logs, async (HttpContext context) =>
        {
            await LineAsync(context, """{"at":"2026-03-01T14:03:22Z","stream":"stdout","line":"ready"}""");
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        }));
        using var client = new FigmentClient(server.SocketPath);
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in client.LogsAsync("guestbook", "web-1", new LogQuery { Follow = true }, cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });
    }

    [Fact]
    public void The_host_is_the_nodes_socket_or_what_the_variable_says()
    {
        Assert.Equal("/run/figment/figment.sock", ApiHost.SocketPath(null, Here));
        Assert.Equal("/tmp/x.sock", ApiHost.SocketPath("unix:///tmp/x.sock", Here));
        Assert.Contains("unix:///PATH", Assert.Throws<FormatException>(() => ApiHost.SocketPath("http://localhost:1", Here)).Message, StringComparison.Ordinal);
        Assert.Contains("107 bytes", Assert.Throws<FormatException>(() => ApiHost.SocketPath("unix:///" + new string('x', 107), Here)).Message, StringComparison.Ordinal);
    }

    private static async Task LineAsync(HttpContext context, string json)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "application/jsonl";
        }

        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json + "\n"), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
