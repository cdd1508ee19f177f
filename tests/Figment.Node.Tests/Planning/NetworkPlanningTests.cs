using CsCheck;
using Figment.Model.Specs;
using Figment.Node.Addresses;
using Figment.Node.Errors;
using Figment.Node.Planning;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Planning;

public sealed class NetworkPlanningTests
{
    [Fact]
    public void An_application_gets_a_subnet_a_gateway_and_an_uplink()
    {
        var plan = LaunchPlanner.Plan(Specs.Input(Specs.Application(Specs.Service("web") with { Replicas = 2 })));

        var network = Assert.Single(plan.Launch.Networks);
        Assert.Equal(("10.210.0.0/24", "10.210.0.1", "10.211.0.0/30"), (network.Subnet, network.Gateway, network.Uplink));
        Assert.Equal(["10.210.0.2", "10.210.0.3"], plan.Launch.Machines.Select(machine => machine.Interfaces[0].Address));
    }

    [Fact]
    public void Applications_planned_one_after_another_share_no_address() =>
        Gen.Int[1, 5].List[1, 30].Sample(sizes =>
        {
            var others = new List<(string, Ipv4Range)> { ("first", Ipv4Range.Parse("10.210.3.0/24")) };
            var node = new List<Ipv4Range> { Ipv4Range.Parse("10.210.0.128/25"), Ipv4Range.Parse("10.211.0.4/30") };
            foreach (var (index, size) in sizes.Index())
            {
                var spec = Specs.Application() with { Networks = [.. Enumerable.Range(0, size).Select(number => new NetworkSpec { Name = $"n{number}" })] };
                var plan = LaunchPlanner.Plan(Specs.Input(spec) with { Node = new NodeFacts { NodeNetworks = node, OtherApplications = others } });
                foreach (var range in plan.Launch.Networks.SelectMany(network => (string[])[network.Subnet, network.Uplink]).Select(Ipv4Range.Parse))
                {
                    Assert.DoesNotContain(others, other => other.Item2.Overlaps(range));
                    Assert.DoesNotContain(node, range.Overlaps);
                    others.Add(($"app{index}", range));
                }
            }
        });

    [Fact]
    public void An_elastic_service_has_an_address_beside_its_machines_and_keeps_it()
    {
        var elastic = Specs.Service("web") with { Replicas = 2, Figment = new FigmentSpec { Root = RootKind.Host, Start = StartMode.Eager, Elastic = new ElasticSpec { Max = 5, Min = 0 } } };
        var plan = LaunchPlanner.Plan(Specs.Input(Specs.Application(elastic, Specs.Service("api"))));

        var service = Assert.Single(plan.Launch.Services);
        Assert.Equal(("web", "default", "10.210.0.5"), (service.Name, service.Addresses[0].Key, service.Addresses[0].Value));
        var machines = plan.Launch.Machines.Where(machine => machine.Service == "web").ToList();
        Assert.Equal(["10.210.0.2", "10.210.0.3"], machines.Select(machine => machine.Interfaces[0].Address));

        // Two machines were asked for, of up to five; eager means that one is always there.
        Assert.All(machines, machine => Assert.Equal((2, 1, StartMode.OnDemand), (machine.Elastic!.Max, machine.Elastic.Min, machine.Start)));

        var grown = Specs.Application(elastic with { Replicas = 3 }, Specs.Service("api"));
        var again = LaunchPlanner.Plan(Specs.Input(grown) with { Held = plan.Allocations, Previous = plan.Launch });
        Assert.Equal(service.Addresses, Assert.Single(again.Launch.Services).Addresses);
        Assert.Equal(5, again.Launch.Machines.SelectMany(machine => machine.Interfaces).Select(face => face.Address).Append(service.Addresses[0].Value).Distinct().Count());
    }

    [Fact]
    public void A_one_off_machine_does_not_get_a_service_s_address_and_is_not_one_of_its_machines()
    {
        var elastic = Specs.Service("web") with { Replicas = 1, Figment = new FigmentSpec { Root = RootKind.Host, Elastic = new ElasticSpec { Max = 1 } } };
        var input = Specs.Input(Specs.Application(elastic));
        var plan = LaunchPlanner.Plan(input);

        var (machine, _) = LaunchPlanner.PlanOneOff(input with { Held = plan.Allocations, Previous = plan.Launch }, elastic, "web-run-1", 1, new Api.Contract.RunRequest { Service = "web" });

        Assert.Null(machine.Elastic);
        Assert.NotEqual(plan.Launch.Services[0].Addresses[0].Value, machine.Interfaces[0].Address);
    }

    [Fact]
    public void What_an_application_holds_it_keeps()
    {
        var spec = Specs.Application(Specs.Service("web"));
        var first = LaunchPlanner.Plan(Specs.Input(spec) with { Node = new NodeFacts { OtherApplications = [("other", Ipv4Range.Parse("10.210.0.0/24"))] } });
        var grown = Specs.Application(Specs.Service("api"), Specs.Service("web"));

        var second = LaunchPlanner.Plan(Specs.Input(grown) with { Held = first.Allocations, Previous = first.Launch });

        Assert.Equal(first.Launch.Networks, second.Launch.Networks);
        Assert.Equal("10.210.1.2", second.Launch.Machines.Single(machine => machine.Name == "web-1").Interfaces[0].Address);
        Assert.Equal("10.210.1.3", second.Launch.Machines.Single(machine => machine.Name == "api-1").Interfaces[0].Address);
    }

    [Theory]
    [InlineData("10.5.0.0/30", "at most /29")]
    [InlineData("banana", "is not an IPv4 network")]
    [InlineData("10.9.0.0/16", "overlaps 10.9.8.0/24 of application other")]
    [InlineData("172.16.0.0/12", "this node has a route")]
    public void A_subnet_that_cannot_be_is_refused_with_the_reason(string subnet, string reason)
    {
        var spec = Specs.Application() with { Networks = [new NetworkSpec { Name = "default", Subnet = subnet }] };
        var facts = new NodeFacts { OtherApplications = [("other", Ipv4Range.Parse("10.9.8.0/24"))], NodeNetworks = [Ipv4Range.Parse("172.17.0.0/16")] };

        var error = Assert.Throws<NodeException>(() => LaunchPlanner.Plan(Specs.Input(spec) with { Node = facts }));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_networks_of_one_application_may_not_overlap()
    {
        var spec = Specs.Application() with { Networks = [new NetworkSpec { Name = "a", Subnet = "10.5.0.0/16" }, new NetworkSpec { Name = "b", Subnet = "10.5.1.0/24" }] };

        Assert.Contains("overlaps 10.5.0.0/16 of network a", Assert.Throws<NodeException>(() => LaunchPlanner.Plan(Specs.Input(spec))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.5.0.9", "10.5.0.9", "is already that of")]
    [InlineData("10.5.0.1", null, "is already that of the gateway")]
    [InlineData("10.5.0.0", null, "is not a host's address")]
    [InlineData("10.6.0.9", null, "is not a host's address")]
    public void An_address_that_cannot_be_is_refused_with_the_reason(string first, string? second, string reason)
    {
        var services = new List<ServiceSpec> { Specs.Service("a") with { Networks = [new ServiceNetworkSpec { Network = "default", Ipv4Address = first }] } };
        if (second is not null)
        {
            services.Add(Specs.Service("b") with { Networks = [new ServiceNetworkSpec { Network = "default", Ipv4Address = second }] });
        }

        var spec = Specs.Application([.. services]) with { Networks = [new NetworkSpec { Name = "default", Subnet = "10.5.0.0/24" }] };

        Assert.Contains(reason, Assert.Throws<NodeException>(() => LaunchPlanner.Plan(Specs.Input(spec))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_explicit_address_is_nobody_elses()
    {
        var spec = Specs.Application(Specs.Service("a") with { Replicas = 3 }, Specs.Service("b") with { Networks = [new ServiceNetworkSpec { Network = "default", Ipv4Address = "10.5.0.3" }] })
            with
        { Networks = [new NetworkSpec { Name = "default", Subnet = "10.5.0.0/29" }] };

        var plan = LaunchPlanner.Plan(Specs.Input(spec));

        Assert.Equal(["10.5.0.2", "10.5.0.4", "10.5.0.5", "10.5.0.3"], plan.Launch.Machines.Select(machine => machine.Interfaces[0].Address));
    }

    [Fact]
    public void A_full_subnet_and_a_used_up_pool_are_said()
    {
        var full = Specs.Application(Specs.Service("a") with { Replicas = 6 }) with { Networks = [new NetworkSpec { Name = "default", Subnet = "10.5.0.0/29" }] };
        var pool = Specs.Input(Specs.Application()) with { Node = new NodeFacts { NodeNetworks = [Ipv4Range.Parse("10.210.0.0/16")] } };

        Assert.Contains("none is left for a-6", Assert.Throws<NodeException>(() => LaunchPlanner.Plan(Specs.Input(full))).Message, StringComparison.Ordinal);
        Assert.Contains("no /24 is left in the pool 10.210.0.0/16", Assert.Throws<NodeException>(() => LaunchPlanner.Plan(pool)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IPv6_follows_the_IPv4_host_number()
    {
        var spec = Specs.Application(Specs.Service("a")) with { Networks = [new NetworkSpec { Name = "default", EnableIpv6 = true }] };

        var plan = LaunchPlanner.Plan(Specs.Input(spec));

        Assert.Equal(("fd66:a1b:2c00::/64", "fd66:a1b:2c00::1"), (plan.Launch.Networks[0].Ipv6Subnet, plan.Launch.Networks[0].Ipv6Gateway));
        Assert.Equal("fd66:a1b:2c00::2", plan.Launch.Machines[0].Interfaces[0].Ipv6Address);
    }
}
