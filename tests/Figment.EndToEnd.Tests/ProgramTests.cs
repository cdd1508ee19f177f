using System.Net;
using System.Net.Sockets;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>Programs that do with their sockets and children what they like.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_program_that_closes_its_listener_refuses_as_it_would_natively_and_wakes_again_after_its_end()
    {
        var address = Up("closing", """
            import os, socket, time
            listener = socket.create_server(("", 7000))
            connection, _ = listener.accept()
            listener.close()
            connection.sendall(b"only you\n")
            while connection.recv(100) == b"\r\n":
                pass
            """);

        using (var first = await Client.ConnectAsync(address, 7000))
        {
            Assert.Equal("only you", await Client.AskAsync(first, ""));
            var refused = await Assert.ThrowsAsync<SocketException>(() => Client.ConnectAsync(address, 7000));
            Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
            await first.SendAsync("bye\n"u8.ToArray());
        }

        FigmentNode.Eventually("it ended", () => _node.Machine("closing", "s-1").State is MachineState.Imaginary ? null : "not yet");
        Assert.Equal("only you", await Client.AskAsync(address, 7000, ""));
    }

    [Fact]
    public async Task A_program_that_listens_for_itself_alone_resets_who_waited_and_why_says_what_it_did()
    {
        var address = Up("inward", """
            import socket, time
            listener = socket.create_server(("127.0.0.1", 7000))
            time.sleep(1000)
            """);

        using var client = await Client.ConnectAsync(address, 7000);
        await Assert.ThrowsAnyAsync<Exception>(async () => Assert.NotEqual("", await Client.AskAsync(client, "")));

        FigmentNode.Eventually(
            "why tells that it did not listen where it was to",
            () => _node.Run("why", "-p", "inward", "s-1") is var why && why.Contains("listen", StringComparison.Ordinal) ? null : why);
    }

    [Fact]
    public async Task A_program_that_takes_another_port_resets_who_waited_and_serves_there()
    {
        var address = Up("elsewhere", """
            import socket
            listener = socket.create_server(("", 7001))
            while True:
                connection, _ = listener.accept()
                connection.recv(100)
                connection.sendall(b"here\n")
                connection.close()
            """);

        using var client = await Client.ConnectAsync(address, 7000);
        await Assert.ThrowsAnyAsync<Exception>(async () => Assert.NotEqual("", await Client.AskAsync(client, "")));

        Assert.Equal("here", await Client.AskAsync(address, 7001, ""));
        Assert.Equal(MachineState.Running, _node.Machine("elsewhere", "s-1").State);
        await Assert.ThrowsAsync<SocketException>(() => Client.ConnectAsync(address, 7000));
    }

    [Fact]
    public async Task Children_that_a_program_leaves_end_with_its_machine()
    {
        var address = Up("orphans", """
            import os, socket, subprocess
            subprocess.Popen(["setsid", "sleep", "98765"], stdin=subprocess.DEVNULL)
            listener = socket.create_server(("", 7000))
            connection, _ = listener.accept()
            connection.sendall(b"gone\n")
            """);

        Assert.Equal("gone", await Client.AskAsync(address, 7000, ""));

        FigmentNode.Eventually("it ended", () => _node.Machine("orphans", "s-1").State is MachineState.Imaginary ? null : "not yet");
        Assert.DoesNotContain(
            Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])),
            folder => CommandLine(folder).Contains("98765", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ten_thousand_connections_at_once_are_each_answered_rightly()
    {
        _node.Up("throng", """
            services:
              s:
                command: sh -c 'sleep 2; exec redis-server --save "" --protected-mode no --maxclients 12000'
                expose: ["6379"]
                ulimits: { nofile: 20000 }
                x-figment: { root: host }
            """);
        var address = IPAddress.Parse(_node.Machine("throng", "s-1").Addresses[0].Value);

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(number => Client.AskAsync(address, 6379, $"ECHO {number}")));

        Assert.All(answers.Index(), answer => Assert.Equal($"${answer.Item.Split("\r\n")[1].Length}\r\n{answer.Index}", answer.Item));
    }

    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline"));
        }
        catch (IOException)
        {
            return ""; // ended meanwhile
        }
    }

    /// <summary>One machine that runs this Python program when port 7000 is connected to.</summary>
    private IPAddress Up(string application, string program)
    {
        string folder = _node.Folder(application);
        File.WriteAllText(Path.Combine(folder, "program.py"), program);
        _node.Up(application, $$"""
            services:
              s:
                command: ["python3", "-u", "/srv/program/program.py"]
                expose: ["7000"]
                volumes: ["{{folder}}:/srv/program:ro"]
                x-figment: { root: host, settle: 500ms, start-timeout: 3s }
            """);
        return IPAddress.Parse(_node.Machine(application, "s-1").Addresses[0].Value);
    }
}
