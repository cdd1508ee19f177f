using System.Net;
using Figment.Keeper.Dns;
using Figment.Keeper.Fabric;
using Figment.Model.Launch;
using Figment.Keeper.Tests.Fabric;
using static Figment.Keeper.Tests.Fabric.TestNode;

namespace Figment.Keeper.Tests.Dns;

public sealed class DnsZoneTests
{
    private static readonly IPAddress Web1 = IPAddress.Parse("10.77.1.2");
    private static readonly IPAddress Database = IPAddress.Parse("10.77.2.2");

    private readonly DnsZone _zone = new(FabricPlan.Of(TestNode.Launch(
        "/nonexistent",
        "Shop",
        "abc123",
        [Network("front", 0, 1) with { Ipv6Subnet = "fd77:1::/64", Ipv6Gateway = "fd77:1::1" }, Network("back", 1, 2), Network("vault", 2, 3, isInternal: true)],
        Machine("web-1", Interface("front", 1, 2, "www") with { Ipv6Address = "fd77:1::2" }, Interface("back", 2, 3)) with { Hostname = "Frontdoor", DomainName = "example.test" },
        Machine("web-2", Interface("front", 1, 3, "www")) with { Hostname = "db" },
        Machine("db-1", Interface("back", 2, 2, "database.local")),
        Machine("safe-1", Interface("vault", 3, 2)))));

    [Theory]
    [InlineData("web", "10.77.1.2 10.77.1.3")]
    [InlineData("WEB", "10.77.1.2 10.77.1.3")]
    [InlineData("web-1", "10.77.1.2")]
    [InlineData("web.shop", "10.77.1.2 10.77.1.3")]
    [InlineData("web-2.shop", "10.77.1.3")]
    [InlineData("www", "10.77.1.2 10.77.1.3")]
    [InlineData("frontdoor", "10.77.1.2")]
    [InlineData("frontdoor.example.test", "10.77.1.2")]
    [InlineData("localhost", "127.0.0.1")]
    public void Names_of_the_network_asked_in_are_answered(string name, string addresses) =>
        Assert.Equal(addresses, string.Join(' ', Ask(0, Web1, name, DnsType.A).Addresses));

    [Fact]
    public void A_machine_sees_the_names_of_all_its_networks_and_those_of_the_network_asked_in_first()
    {
        Assert.Equal([Database], Ask(0, Web1, "db-1", DnsType.A).Addresses);
        Assert.Equal([Database], Ask(0, Web1, "database.local", DnsType.A).Addresses);
        Assert.Equal([IPAddress.Parse("10.77.2.3")], Ask(1, Web1, "web", DnsType.A).Addresses);
    }

    [Fact]
    public void A_hostname_does_not_take_a_name_from_a_service() =>
        Assert.Equal([Database], Ask(1, Database, "db", DnsType.A).Addresses);

    [Theory]
    [InlineData("web-2")]
    [InlineData("www")]
    [InlineData("safe-1")]
    [InlineData("nobody")]
    [InlineData("nobody.shop")]
    [InlineData("safe-1.shop")]
    public void A_name_without_a_common_network_is_no_name(string name) =>
        Assert.Equal(DnsResponseCode.NameError, Ask(1, Database, name, DnsType.A).Code);

    [Fact]
    public void A_known_name_without_IPv6_is_answered_with_nothing()
    {
        Assert.Equal([IPAddress.Parse("fd77:1::2")], Ask(0, Web1, "web-1", DnsType.Aaaa).Addresses);
        var answer = Ask(0, Web1, "db-1", DnsType.Aaaa);
        Assert.Equal(DnsResponseCode.NoError, answer.Code);
        Assert.Empty(answer.Addresses);
        Assert.False(answer.IsForeign);
        Assert.Empty(Ask(0, Web1, "web-1", (DnsType)15).Addresses);
    }

    [Theory]
    [InlineData("2.1.77.10.in-addr.arpa", "web-1.shop")]
    [InlineData("2.2.77.10.in-addr.arpa", "db-1.shop")]
    [InlineData("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.7.7.d.f.ip6.arpa", "web-1.shop")]
    public void Addresses_lead_back_to_machines(string name, string machine) => Assert.Equal(machine, Ask(0, Web1, name, DnsType.Ptr).PointsTo);

    [Fact]
    public void Addresses_that_are_not_the_askers_business_are_not_answered()
    {
        Assert.Equal(DnsResponseCode.NameError, Ask(0, Web1, "2.3.77.10.in-addr.arpa", DnsType.Ptr).Code);
        Assert.Equal(DnsResponseCode.NameError, Ask(0, Web1, "99.1.77.10.in-addr.arpa", DnsType.Ptr).Code);
        Assert.True(Ask(0, Web1, "4.3.2.1.in-addr.arpa", DnsType.Ptr).IsForeign);
        Assert.True(Ask(0, Web1, "300.3.2.1.in-addr.arpa", DnsType.Ptr).IsForeign);
    }

    [Fact]
    public void Other_names_are_foreign_and_internal_networks_may_not_ask_for_them()
    {
        Assert.True(Ask(0, Web1, "example.com", DnsType.A).IsForeign);
        Assert.True(_zone.MayAskOutside(0, Web1));
        Assert.False(_zone.MayAskOutside(2, IPAddress.Parse("10.77.3.2")));
    }

    [Fact]
    public void The_name_of_a_service_with_an_address_leads_there_and_its_machines_keep_theirs()
    {
        var launch = TestNode.Launch("/nonexistent", "shop", "abc123", [Network("front", 0, 1)], Machine("web-1", Interface("front", 1, 2, "www")), Machine("web-2", Interface("front", 1, 3, "www")));
        var zone = new DnsZone(FabricPlan.Of(launch with { Services = [new ServiceLaunch { Name = "web", Addresses = [new("front", "10.77.1.9")], Aliases = [new("front", "www")] }] }));
        string Addresses(string name) => string.Join(' ', zone.Resolve(0, Web1, Packets.Read(Packets.Query(name, DnsType.A))).Addresses);

        Assert.Equal(["10.77.1.9", "10.77.1.9", "10.77.1.9", "10.77.1.3"], ((string[])["web", "web.shop", "www", "web-2"]).Select(Addresses));
    }

    [Fact]
    public void Addresses_are_given_in_turn()
    {
        var query = Packets.Read(Packets.Query("web", DnsType.A));
        var answer = _zone.Resolve(0, Web1, query);
        var first = Packets.Addresses(DnsReply.Write(query, answer, 0, 512));
        var second = Packets.Addresses(DnsReply.Write(query, answer, 1, 512));

        Assert.Equal(first.Reverse(), second);
    }

    [Fact]
    public void A_long_answer_is_cut_over_UDP_and_whole_with_EDNS_or_TCP()
    {
        var many = new DnsAnswer { Addresses = [.. Enumerable.Range(1, 60).Select(number => new IPAddress([10, 77, 1, (byte)number]))] };
        var query = Packets.Read(Packets.Query("web", DnsType.A, edns: 1232));
        byte[] cut = DnsReply.Write(query, many, 0, 512);
        byte[] whole = DnsReply.Write(query, many, 0, 1232);

        Assert.True(Packets.IsCut(cut));
        Assert.InRange(cut.Length, 480, 512);
        Assert.Equal(Packets.Addresses(cut).Count, Packets.Answers(cut));
        Assert.False(Packets.IsCut(whole));
        Assert.Equal(60, Packets.Answers(whole));
        Assert.Equal(1, whole[11]);
    }

    private DnsAnswer Ask(int network, IPAddress asker, string name, DnsType type) => _zone.Resolve(network, asker, Packets.Read(Packets.Query(name, type)));
}
