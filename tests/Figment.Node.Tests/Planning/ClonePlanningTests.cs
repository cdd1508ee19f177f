using Figment.Model.Specs;
using Figment.Node.Planning;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Planning;

public sealed class ClonePlanningTests
{
    [Fact]
    public void A_clone_is_like_its_machine_but_for_names_addresses_and_what_leads_to_it()
    {
        var web = Specs.Service("web") with
        {
            Hostname = "front",
            Ports = [new PublishedPortSpec { Target = 80, Published = 8080, PublishedEnd = 8080 }],
            DependsOn = [new DependencySpec { Service = "db" }],
            Restart = new RestartSpec { Policy = RestartPolicy.Always },
            Figment = new FigmentSpec { Root = RootKind.Host, FromSnapshot = true, Start = StartMode.Eager },
        };
        var input = Specs.Input(Specs.Application(web, Specs.Service("db")));
        var plan = LaunchPlanner.Plan(input);
        var of = plan.Launch.Machines.Single(machine => machine.Service == "web");

        var cloned = LaunchPlanner.PlanClone(input with { Held = plan.Allocations, Previous = plan.Launch }, web with { Hostname = null, ContainerName = null }, of, "web-clone-1", 1);

        var clone = cloned.Launch.Machines[^1];
        Assert.Equal(plan.Launch.Machines.Append(clone), cloned.Launch.Machines);
        Assert.Equal(("web-clone-1", "web-clone-1", of.Kind, true, false), (clone.Name, clone.Hostname, clone.Kind, clone.OneOff, clone.FromSnapshot));
        Assert.Equal((StartMode.OnDemand, RestartPolicy.No, 0, 0), (clone.Start, clone.Restart.Policy, clone.Published.Count, clone.DependsOn.Count));
        Assert.DoesNotContain(clone.Interfaces[0].Address, plan.Launch.Machines.Select(machine => machine.Interfaces[0].Address));
        Assert.Contains("HOSTNAME=web-clone-1", clone.Program.Environment);
        Assert.Equal(of.Program.Arguments, clone.Program.Arguments);
        Assert.NotEqual(of.Root.OverlayDirectory, clone.Root.OverlayDirectory);
        Assert.NotEqual(of.Revision, clone.Revision);
        Assert.Contains(cloned.Allocations, allocation => allocation.Key.EndsWith("/web-clone-1", StringComparison.Ordinal));
    }
}
