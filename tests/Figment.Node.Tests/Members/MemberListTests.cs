using System.Net;
using System.Text.Json;
using Figment.Node.Members;

namespace Figment.Node.Tests.Members;

/// <summary>Nodes that tell each other what they know come to know the same.</summary>
public sealed class MemberListTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Of_a_name_the_newest_word_counts()
    {
        var list = new MemberList().With(Node("a", 0)).With(Node("b", 1));
        Assert.Equal(["a", "b"], Names(list));

        var without = list.Without("b", Start.AddSeconds(5));
        Assert.Equal(["a"], Names(without));
        Assert.Equal(Start.AddSeconds(5), without.RemovedAt("b"));
        Assert.Equal(["a"], Names(without.Merge(list)));

        var again = without.With(Node("b", 6));
        Assert.Equal(["a", "b"], Names(again));
        Assert.Null(again.RemovedAt("b"));
        Assert.Equal(["a", "b"], Names(again.Merge(without)));
    }

    /// <summary>Whatever the order in which they meet, and however often.</summary>
    [Fact]
    public void All_who_have_met_know_the_same()
    {
        var random = new Random(20261127);
        for (int round = 0; round < 2_000; round++)
        {
            var lists = Enumerable.Range(0, 4).Select(_ => Any(random)).ToArray();
            var forward = lists.Aggregate((left, right) => left.Merge(right));
            var backward = lists.Reverse().Append(lists[random.Next(lists.Length)]).Aggregate((left, right) => left.Merge(right));

            Assert.Equal(forward.Members, backward.Members);
            Assert.Equal(forward.Removed, backward.Removed);
            Assert.Equal(forward.Members, forward.Merge(forward).Members);
            Assert.Empty(forward.Members.Select(member => member.Name).Intersect(forward.Removed.Select(gone => gone.Name)));
        }
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7:7473")]
    [InlineData("192.0.2.7:1", "192.0.2.7:1")]
    [InlineData("127.0.0.1:65535", "127.0.0.1:65535")]
    public void An_address_may_have_a_port(string text, string whole)
    {
        var address = MemberAddress.Parse(text);
        Assert.Equal(whole, address.ToString());
        Assert.Equal(address, JsonSerializer.Deserialize<MemberAddress>(JsonSerializer.Serialize(address)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255:7473")]
    [InlineData("192.0.2")]
    [InlineData("192.0.2.7:")]
    [InlineData("192.0.2.7:0")]
    [InlineData("192.0.2.7:65536")]
    [InlineData("192.0.2.7:-1")]
    [InlineData("192.0.2.7:1:2")]
    [InlineData("192.0.2.256")]
    [InlineData("[::1]:7473")]
    [InlineData("node-1")]
    public void What_is_no_address_is_refused(string text)
    {
        Assert.Contains("is no address of a node", Assert.Throws<Figment.Node.Errors.NodeException>(() => MemberAddress.Parse(text)).Message, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<MemberAddress>(JsonSerializer.Serialize(text)));
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7:7473")]
    [InlineData("192.0.2.7:443", "192.0.2.7:443")]
    [InlineData("node-1.example", "node-1.example:7473")]
    [InlineData("node-1.example:8080", "node-1.example:8080")]
    public void A_node_to_join_may_be_named(string text, string whole) => Assert.Equal(whole, JoinTarget.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("https://node")]
    [InlineData("node/path")]
    [InlineData("node?query")]
    [InlineData("user@node")]
    [InlineData("node:99999")]
    [InlineData("no de")]
    public void What_no_node_can_be_joined_by_is_refused(string text) =>
        Assert.Contains("is no address of a node", Assert.Throws<Figment.Node.Errors.NodeException>(() => JoinTarget.Parse(text)).Message, StringComparison.Ordinal);

    private static IEnumerable<string> Names(MemberList list) => list.Members.Select(member => member.Name);

    private static Member Node(string name, int seconds) => new(name, new MemberAddress(IPAddress.Parse("192.0.2.7"), 7473), Start.AddSeconds(seconds));

    private static MemberList Any(Random random) => new MemberList().Merge(new MemberList
    {
        Members = [.. Enumerable.Range(0, random.Next(5)).Select(_ => Node("abcd"[random.Next(4)].ToString(), random.Next(6)) with { Address = new MemberAddress(IPAddress.Loopback, random.Next(1, 4)) })],
        Removed = [.. Enumerable.Range(0, random.Next(3)).Select(_ => new RemovedMember("abcd"[random.Next(4)].ToString(), Start.AddSeconds(random.Next(6))))],
    });
}
