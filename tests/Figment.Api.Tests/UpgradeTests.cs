using System.Text;
using System.Text.Json;
using Figment.Api.Client;
using Figment.Api.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Figment.Api.Tests;

public sealed class UpgradeTests
{
    [Fact]
    public async Task Exec_turns_the_connection_into_frames_both_ways()
    {
        ExecRequest? seen = null;
        await using var server = await SocketServer.StartAsync(application => application.MapPost(Routes.Exec, async (HttpContext context) =>
        {
            seen = JsonSerializer.Deserialize(Convert.FromBase64String(context.Request.Headers[Routes.StreamRequestHeader].ToString()), ApiJson.Default.ExecRequest);
            await using var frames = new FrameStream(await SocketServer.UpgradeAsync(context));
            while (await frames.ReadAsync(context.RequestAborted) is { } frame && frame.Payload.Length > 0)
            {
                await frames.WriteAsync(FrameKind.Stdout, frame.Payload, context.RequestAborted);
            }

            await frames.WriteAsync(FrameKind.Exit, new byte[] { 7 }, context.RequestAborted);
        }));
        using var client = new FigmentClient(server.SocketPath);
        await using var stream = await client.ExecAsync("guestbook", "web-1", new ExecRequest { Arguments = ["cat", new string('u', 150_000)], Stdin = true }, CancellationToken.None);

        await stream.WriteAsync(FrameKind.Stdin, Encoding.UTF8.GetBytes("hello"), CancellationToken.None);
        var echoed = await stream.ReadAsync(CancellationToken.None);
        Assert.Equal((FrameKind.Stdout, "hello"), (echoed!.Value.Kind, Encoding.UTF8.GetString(echoed.Value.Payload.Span)));
        await stream.WriteAsync(FrameKind.Stdin, ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        var exit = await stream.ReadAsync(CancellationToken.None);

        Assert.Equal((FrameKind.Exit, 7), (exit!.Value.Kind, exit.Value.Payload.Span[0]));
        Assert.Null(await stream.ReadAsync(CancellationToken.None));
        Assert.Equal(["cat", new string('u', 150_000)], seen!.Arguments);
    }

    [Fact]
    public async Task A_refused_stream_is_an_error_with_the_exit_code()
    {
        await using var server = await SocketServer.StartAsync(application => application.MapPost(Routes.Exec, (HttpContext context) =>
        {
            context.Response.StatusCode = 422;
            return context.Response.WriteAsJsonAsync(new ApiError { Code = ErrorCode.Failed, Message = "cannot run nonsense in web-1: not found", ExitCode = 127 }, ApiJson.Default.ApiError);
        }));
        using var client = new FigmentClient(server.SocketPath);

        var exception = await Assert.ThrowsAsync<FigmentApiException>(() => client.ExecAsync("guestbook", "web-1", new ExecRequest { Arguments = ["nonsense"] }, CancellationToken.None));

        Assert.Equal((127, 422), (exception.Error.ExitCode, exception.Status));
    }

    [Fact]
    public async Task A_command_line_beyond_the_header_is_refused_before_it_is_sent()
    {
        using var client = new FigmentClient("/nowhere.sock");

        var exception = await Assert.ThrowsAsync<FigmentApiException>(() => client.ExecAsync("a", "b", new ExecRequest { Arguments = [new string('x', Routes.StreamRequestHeaderBytesMax)] }, CancellationToken.None));

        Assert.Equal((ErrorCode.InvalidRequest, 125), (exception.Error.Code, exception.Error.ExitCode));
    }

    [Fact]
    public async Task An_answer_without_101_is_outside_the_contract()
    {
        await using var server = await SocketServer.StartAsync(application => application.MapPost(Routes.Attach, () => "ok"));
        using var client = new FigmentClient(server.SocketPath);

        await Assert.ThrowsAsync<InvalidDataException>(() => client.AttachAsync("guestbook", "web-1", new AttachRequest(), CancellationToken.None));
    }

    [Fact]
    public async Task A_detached_run_answers_with_the_machine()
    {
        await using var server = await SocketServer.StartAsync(application => application.MapPost(Routes.Run, async (HttpContext context) =>
        {
            var request = await context.Request.ReadFromJsonAsync(ApiJson.Default.RunRequest);
            Assert.True(request!.Detach);
            await context.Response.WriteAsJsonAsync(Samples.Machine("web-run-1"), ApiJson.Default.MachineView);
        }));
        using var client = new FigmentClient(server.SocketPath);

        var machine = await client.RunDetachedAsync("guestbook", new RunRequest { Service = "web" }, CancellationToken.None);

        Assert.Equal("web-run-1", machine.Machine);
    }
}
