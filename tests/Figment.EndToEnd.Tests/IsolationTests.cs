using System.Net;
using System.Net.Sockets;

namespace Figment.EndToEnd.Tests;

/// <summary>Two applications with the same names and ports side by side.</summary>
public sealed class IsolationTests(FigmentNode node) : IClassFixture<FigmentNode>
{
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
        node.Up("left", Compose);
        node.Up("right", Compose);
        node.Run("exec", "-T", "-p", "left", "shell-1", "redis-cli", "-h", "store", "set", "side", "left");
        node.Run("exec", "-T", "-p", "right", "shell-1", "redis-cli", "-h", "store", "set", "side", "right");

        Assert.Equal("left", node.Run("exec", "-T", "-p", "left", "shell-1", "redis-cli", "-h", "store-1", "get", "side").Trim());
        Assert.Equal("right", node.Run("exec", "-T", "-p", "right", "shell-1", "redis-cli", "-h", "store", "get", "side").Trim());

        string other = node.Machine("right", "store-1").Addresses[0].Value;
        Assert.NotEqual(0, node.Try("exec", "-T", "-p", "left", "shell-1", "timeout", "2", "redis-cli", "-h", other, "ping").Code);
    }

    [Fact]
    public void A_machine_reaches_neither_the_nodes_listeners_nor_its_sockets()
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        string port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        node.Up("inside", Compose);

        Assert.NotEqual(0, node.Try("exec", "-T", "-p", "inside", "shell-1", "test", "-e", node.Socket).Code);
        Assert.NotEqual(0, node.Try("exec", "-T", "-p", "inside", "shell-1", "timeout", "2", "redis-cli", "-h", "127.0.0.1", "-p", port, "ping").Code);
        string gateway = node.Machine("inside", "shell-1").Addresses[0].Value;
        gateway = gateway[..gateway.LastIndexOf('.')] + ".1";
        Assert.NotEqual(0, node.Try("exec", "-T", "-p", "inside", "shell-1", "timeout", "2", "redis-cli", "-h", gateway, "-p", port, "ping").Code);
        foreach (var address in Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork).Where(address => !IPAddress.IsLoopback(address)))
        {
            Assert.NotEqual(0, node.Try("exec", "-T", "-p", "inside", "shell-1", "timeout", "2", "redis-cli", "-h", address.ToString(), "-p", port, "ping").Code);
        }

        Assert.False(listener.Pending(), "a machine reached a listener of the node");
    }
}
