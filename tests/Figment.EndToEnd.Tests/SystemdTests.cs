using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Figment.Images.Tests.Support;

namespace Figment.EndToEnd.Tests;

/// <summary>The units of eng/systemd: what systemd does for them is done here by its own tools, without systemd as the machine's first process.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task The_first_connection_to_systemds_socket_starts_the_daemon_which_says_when_it_is_ready()
    {
        Directory.CreateDirectory(_node.RuntimeDirectory);
        string notices = Path.Combine(_node.Folder("systemd"), "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(notices));
        string[] settings = [$"FIGMENT_RUNTIME_DIR={_node.RuntimeDirectory}", $"FIGMENT_STATE_DIR={_node.StateDirectory}", $"FIGMENT_BIN_DIR={_node.Programs}", $"NOTIFY_SOCKET={notices}"];
        using var daemon = Process.Start(new ProcessStartInfo(
            "systemd-socket-activate", ["-l", _node.Socket, .. settings.SelectMany(one => new[] { "-E", one }), Path.Combine(_node.Programs, "figmentd")]))!;
        FigmentNode.Eventually("the socket is there", () => File.Exists(_node.Socket) ? null : "it is not");
        Assert.Empty(_node.Processes("figmentd"));

        _node.Run("ls");

        Assert.Equal([daemon.Id], _node.Processes("figmentd"));
        byte[] notice = new byte[256];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        int count = await manager.ReceiveAsync(notice, limit.Token);
        Assert.Contains("READY=1", Encoding.UTF8.GetString(notice, 0, count), StringComparison.Ordinal);

        _node.Run("daemon", "stop");
        await daemon.WaitForExitAsync(limit.Token);
        File.Delete(_node.Socket);
    }

    [Fact]
    public void Systemd_takes_the_units_as_they_are()
    {
        string folder = _node.Folder("units");
        foreach (string unit in Directory.GetFiles(Path.Combine(FigmentNode.Root(), "eng", "systemd")))
        {
            // The program is where a package would put it: here it is the published one.
            File.WriteAllText(Path.Combine(folder, Path.GetFileName(unit)), File.ReadAllText(unit).Replace("/usr/lib/figment/", _node.Programs + "/", StringComparison.Ordinal));
        }

        var (code, output, errors) = Tool.Try("systemd-analyze", "verify", "--man=no", Path.Combine(folder, "figmentd.service"), Path.Combine(folder, "figmentd.socket"));

        Assert.True(code == 0 && !errors.Contains("figmentd", StringComparison.Ordinal), $"code {code}: {output}{errors}");
    }
}
