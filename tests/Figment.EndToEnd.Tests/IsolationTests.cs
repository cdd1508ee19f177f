using System.Net;
using System.Net.Sockets;

namespace Figment.EndToEnd.Tests;

/// <summary>Two applications with the same names and ports side by side.</summary>
public sealed class IsolationTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    private const string Compose = """
        services:
          store:
            command: redis-server --save "" --protected-mode no
            expose: ["6379"]
            x-figment: { root: host }
          shell:
            command: sleep 1000000
            x-figment: { root: host }
        """;

    [Fact]
    public void Equal_names_lead_to_ones_own_machines_and_nowhere_else()
    {
        _node.Up("left", Compose);
        _node.Up("right", Compose);
        _node.Run("exec", "-T", "-p", "left", "shell-1", "redis-cli", "-h", "store", "set", "side", "left");
        _node.Run("exec", "-T", "-p", "right", "shell-1", "redis-cli", "-h", "store", "set", "side", "right");

        Assert.Equal("left", _node.Run("exec", "-T", "-p", "left", "shell-1", "redis-cli", "-h", "store-1", "get", "side").Trim());
        Assert.Equal("right", _node.Run("exec", "-T", "-p", "right", "shell-1", "redis-cli", "-h", "store", "get", "side").Trim());

        string other = _node.Machine("right", "store-1").Addresses[0].Value;
        Assert.NotEqual(0, _node.Try("exec", "-T", "-p", "left", "shell-1", "timeout", "2", "redis-cli", "-h", other, "ping").Code);
    }

    [Fact]
    public async Task Two_nodes_on_one_host_leave_each_other_their_networks()
    {
        using var second = new FigmentNode();
        int port = Client.FreePort();
        _node.Up("first", Compose.Replace("expose: [\"6379\"]", $"ports: [\"{port}:6379\"]", StringComparison.Ordinal));
        second.Up("second", Compose);

        Assert.NotEqual(_node.Machine("first", "store-1").Addresses[0].Value, second.Machine("second", "store-1").Addresses[0].Value);
        Assert.Equal("PONG", second.Run("exec", "-T", "-p", "second", "shell-1", "redis-cli", "-h", "store", "ping").Trim());
        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));
        second.Down("second");
        Assert.Equal("+PONG", await Client.AskAsync(port, "PING"));
    }

    [Fact]
    public void A_machine_reaches_neither_the_nodes_listeners_nor_its_sockets()
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        string port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _node.Up("inside", Compose);

        Assert.NotEqual(0, _node.Try("exec", "-T", "-p", "inside", "shell-1", "test", "-e", _node.Socket).Code);
        Assert.NotEqual(0, _node.Try("exec", "-T", "-p", "inside", "shell-1", "timeout", "2", "redis-cli", "-h", "127.0.0.1", "-p", port, "ping").Code);
        string gateway = _node.Machine("inside", "shell-1").Addresses[0].Value;
        gateway = gateway[..gateway.LastIndexOf('.')] + ".1";
        Assert.NotEqual(0, _node.Try("exec", "-T", "-p", "inside", "shell-1", "timeout", "2", "redis-cli", "-h", gateway, "-p", port, "ping").Code);
        foreach (var address in Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork).Where(address => !IPAddress.IsLoopback(address)))
        {
            Assert.NotEqual(0, _node.Try("exec", "-T", "-p", "inside", "shell-1", "timeout", "2", "redis-cli", "-h", address.ToString(), "-p", port, "ping").Code);
        }

        Assert.False(listener.Pending(), "a machine reached a listener of the node");
    }
}
