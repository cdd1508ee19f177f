using Figment.Model;
using Figment.Model.Specs;
using Figment.Node.Planning;

namespace Figment.Node.Tests.Support;

/// <summary>Small applications to plan.</summary>
public static class Specs
{
    public static readonly NodeOptions Options = new()
    {
        Places = new Places { RuntimeDirectory = "/run/figment-test", StateDirectory = "/var/lib/figment-test" },
        BinDirectory = "/usr/lib/figment",
        NodeName = "node",
    };

    public static ServiceSpec Service(string name) => new()
    {
        Name = name,
        Command = ["/bin/true"],
        Networks = [new ServiceNetworkSpec { Network = "default" }],
        Figment = new FigmentSpec { Root = RootKind.Host },
    };

    public static ApplicationSpec Application(params ServiceSpec[] services) => new()
    {
        Name = "shop",
        WorkingDirectory = "/srv/shop",
        Services = services,
        Networks = [new NetworkSpec { Name = "default" }],
    };

    public static PlanInput Input(ApplicationSpec spec) => new() { Spec = spec, Options = Options, Node = new NodeFacts(), Epoch = 1, Tag = "0a1b2c" };
}
