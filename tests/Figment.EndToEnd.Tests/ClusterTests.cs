using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using Figment.Api.Contract;

namespace Figment.EndToEnd.Tests;

/// <summary>Nodes that know each other.</summary>
public sealed class ClusterTests : IDisposable
{
    private readonly List<FigmentNode> _nodes = [];

    public void Dispose() => _nodes.ForEach(node => node.Dispose());

    [Fact]
    public void Nodes_join_by_token_know_each_other_and_go_again()
    {
        var (a, atA) = Node("a");
        var (b, atB) = Node("b");
        var (c, atC) = Node("c");
        Assert.Contains("belongs to no cluster", a.Try("node", "ls").Errors, StringComparison.Ordinal);
        Assert.Equal($"a  {atA}\n", a.Run("node", "init", "--address", atA));

        string[] words = a.Run("node", "token").Trim().Split(' ');
        Assert.Equal(["figment", "node", "join", atA], words[..4]);
        Assert.Equal($"b  {atB}\n", b.Run([.. words[1..], "--address", atB]));
        string second = a.Run("node", "token", "-q").Trim();
        c.Run("node", "join", atA, second, "--address", atC);

        // b was not asked when c came: it hears of it.
        FigmentNode.Eventually("b knows c", () => Answering(b) is ["a", "b", "c"] ? null : string.Join(' ', Answering(b)));
        Assert.Equal(["a", "b", "c"], Answering(a));
        Assert.Equal(["a", "b", "c"], Answering(c));
        Assert.Matches(@"^NAME +ADDRESS +STATE +AUTHORITY +VERSION +MEMBER FOR\na +127\.0\.0\.1:\d+ +this node +yes ", a.Run("node", "ls"));

        a.Run("node", "rm", "c");
        Assert.Equal(["a", "b"], Answering(a));
        FigmentNode.Eventually("b has heard it", () => Answering(b) is ["a", "b"] ? null : string.Join(' ', Answering(b)));

        // c does not know why nobody answers it.
        Assert.Equal(["c"], Answering(c));
        c.Run("node", "leave", "--force");
        c.Run([.. a.Run("node", "token").Trim().Split(' ')[1..], "--address", atC]);
        Assert.Equal(["a", "b", "c"], Answering(a));

        c.Run("node", "leave");
        Assert.Equal(["a", "b"], Answering(a));
        Assert.Contains("has the cluster's authority", a.Try("node", "leave").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_may_not_join_hears_why_and_is_let_in_nowhere()
    {
        var (a, atA) = Node("a");
        var (b, atB) = Node("b");
        var (other, atOther) = Node("other");
        a.Run("node", "init", "--address", atA);
        other.Run("node", "init", "--address", atOther);
        string token = a.Run("node", "token", "-q").Trim();

        Refused("belongs to another cluster than the token", b, "node", "join", atOther, token, "--address", atB);
        Refused("that is no token", b, "node", "join", atA, "abc", "--address", atB);
        string[] parts = token.Split('.');
        Refused("the token is not good", b, "node", "join", atA, $"{parts[0]}.{new string('0', parts[1].Length)}.{parts[2]}", "--address", atB);
        Refused("cannot be reached", b, "node", "join", $"127.0.0.1:{Client.FreePort()}", token, "--address", atB);
        Refused("this node cannot listen at", b, "node", "join", atA, token, "--address", atA);
        Refused("this node cannot listen at", b, "node", "join", atA, token, "--address", "192.0.2.7");
        Refused("is no address of a node", b, "node", "join", "a/b", token, "--address", atB);
        Refused("belongs to a cluster already", other, "node", "join", atA, token);
        Assert.Equal(["a"], Answering(a));

        b.Run("node", "join", atA, token, "--address", atB);
        var (third, atThird) = Node("third");
        Refused("the token is not good", third, "node", "join", atA, token, "--address", atThird);
        var (twin, atTwin) = Node("b");
        Refused("has a node b already", twin, "node", "join", atA, a.Run("node", "token", "-q").Trim(), "--address", atTwin);
        Refused("a at " + atA + " has it", b, "node", "token");
        Refused("has no node nobody", a, "node", "rm", "nobody");
        Refused("cannot remove itself", a, "node", "rm", "a");
        var (wrong, atWrong) = Node("Not_A_Name");
        Refused("'Not_A_Name' is no name of a node", wrong, "node", "init", "--address", atWrong);
    }

    [Fact]
    public void A_node_that_was_killed_is_the_same_to_the_others_afterwards()
    {
        var (a, atA) = Node("a");
        var (b, atB) = Node("b");
        a.Run("node", "init", "--address", atA);
        b.Run([.. a.Run("node", "token").Trim().Split(' ')[1..], "--address", atB]);
        using (var daemon = System.Diagnostics.Process.GetProcessById(b.DaemonPid()))
        {
            daemon.Kill();
            daemon.WaitForExit();
        }

        Assert.Equal(["a"], Answering(a));
        Assert.Contains("b cannot be reached", a.Try("node", "ls").Errors, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], Answering(b));
        Assert.Equal(["a", "b"], Answering(a));
    }

    /// <summary>Machines need no cluster: a node that cannot be one of it is a node.</summary>
    [Fact]
    public void A_node_serves_its_applications_whatever_is_wrong_with_its_cluster()
    {
        var (a, atA) = Node("a");
        a.Run("node", "init", "--address", atA);
        a.Run("daemon", "stop");
        using (var taken = new TcpListener(IPEndPoint.Parse(atA)))
        {
            taken.Start();
            Assert.Equal(["a"], Answering(a));
            Assert.Contains("other nodes are not answered", File.ReadAllText(Path.Combine(a.StateDirectory, "figmentd.log")), StringComparison.Ordinal);
            a.Run("daemon", "stop");
        }

        string list = Path.Combine(a.StateDirectory, "cluster", "nodes.json");
        File.WriteAllText(list, "{");
        Assert.StartsWith("MACHINE ", a.Run("ps", "-a", "--all-apps"), StringComparison.Ordinal);
        Refused("nodes.json cannot be read", a, "node", "ls");
        Refused("nodes.json cannot be read", a, "node", "init", "--address", atA);
        a.Run("node", "leave", "--force");
        a.Run("node", "init", "--address", atA);
        Assert.Equal(["a"], Answering(a));
    }

    /// <summary>Nothing but joining is answered to who shows no certificate of the cluster.</summary>
    [Fact]
    public async Task A_stranger_gets_nothing_from_the_port()
    {
        var (a, atA) = Node("a");
        a.Run("node", "init", "--address", atA);
        var address = IPEndPoint.Parse(atA);

        Assert.StartsWith("HTTP/1.1 403", await AskAsync(address, "POST /v1/peer/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 403", await AskAsync(address, "GET /v1/applications HTTP/1.1\r\nHost: a\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await AskAsync(address, "POST /v1/peer/join HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"), StringComparison.Ordinal);
        Assert.Contains("BEGIN CERTIFICATE", await AskAsync(address, "GET /v1/peer/authority HTTP/1.1\r\nHost: a\r\n\r\n"), StringComparison.Ordinal);

        // Without TLS it is not answered at all.
        using var plain = new TcpClient();
        await plain.ConnectAsync(address, TestContext.Current.CancellationToken);
        await plain.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(0, await plain.GetStream().ReadAsync(new byte[100], TestContext.Current.CancellationToken));
        Assert.Equal(["a"], Answering(a));
    }

    private static async Task<string> AskAsync(IPEndPoint address, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address, TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=a");
        await tls.AuthenticateAsClientAsync("a");
        await tls.WriteAsync(System.Text.Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        byte[] answer = new byte[4096];
        int count = await tls.ReadAtLeastAsync(answer, 200, throwOnEndOfStream: false, TestContext.Current.CancellationToken);
        return System.Text.Encoding.ASCII.GetString(answer, 0, count);
    }

    private static void Refused(string why, FigmentNode node, params string[] command)
    {
        var result = node.Try(command);
        Assert.NotEqual(0, result.Code);
        Assert.Contains(why, result.Errors, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Answering(FigmentNode node) =>
        [.. JsonSerializer.Deserialize(node.Run("node", "ls", "--json"), ApiJson.Default.IReadOnlyListNodeView)!.Where(one => one.Complaint is null).Select(one => one.Name)];

    private (FigmentNode Node, string Address) Node(string name)
    {
        var node = new FigmentNode();
        node.Variables["FIGMENT_NODE"] = name;
        _nodes.Add(node);
        return (node, string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Client.FreePort()}"));
    }
}
