using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Rendering;

/// <summary>The canonical file of an application: every path absolute, every short form written out, defaults left out.</summary>
internal static class ApplicationRenderer
{
    /// <summary>Stands where a secret's text was: the text itself is never printed.</summary>
    private const string Withheld = "SECRET_NOT_SHOWN";

    public static string Render(ApplicationSpec application)
    {
        MappingBuilder document = new MappingBuilder()
            .Add("name", application.Name)
            .AddMapping("services", All(application.Services, service => service.Name, ServiceRenderer.Render))
            .AddMapping("networks", All(application.Networks, network => network.Name, Network))
            .AddMapping("volumes", All(application.Volumes, volume => volume.Key, Volume))
            .AddMapping("configs", All(application.Configs, config => config.Name, config => File(config, secret: false)))
            .AddMapping("secrets", All(application.Secrets, secret => secret.Name, secret => File(secret, secret: true)));
        return NodeWriter.Write(document.Build());
    }

    private static MappingBuilder All<T>(IReadOnlyList<T> items, Func<T, string> name, Func<T, MappingBuilder> render)
    {
        var all = new MappingBuilder();
        foreach (T item in items)
        {
            all.Add(name(item), render(item).Build());
        }

        return all;
    }

    private static MappingBuilder Network(NetworkSpec network)
    {
        List<Node> config = [];
        if (network.Subnet is not null || network.Gateway is not null)
        {
            config.Add(new MappingBuilder().Add("subnet", network.Subnet).Add("gateway", network.Gateway).Build());
        }

        if (network.Ipv6Subnet is not null)
        {
            config.Add(new MappingBuilder().Add("subnet", network.Ipv6Subnet).Build());
        }

        bool impliedIpv6 = network.Ipv6Subnet is not null;
        return new MappingBuilder()
            .AddIf("internal", network.Internal)
            .Add("enable_ipv6", network.EnableIpv6 == impliedIpv6 ? null : MappingBuilder.Flag(network.EnableIpv6))
            .AddMapping("ipam", new MappingBuilder().AddList("config", config))
            .AddMapping("driver_opts", new MappingBuilder().Add("com.docker.network.driver.mtu", network.Mtu))
            .AddPairs("labels", network.Labels);
    }

    private static MappingBuilder Volume(VolumeSpec volume) => new MappingBuilder()
        .Add("name", volume.Name)
        .AddIf("external", volume.External)
        .AddPairs("driver_opts", volume.DriverOptions)
        .AddPairs("labels", volume.Labels);

    private static MappingBuilder File(FileSpec file, bool secret) => new MappingBuilder()
        .Add("file", file.File)
        .Add(secret ? "environment" : "content", file.Content is null ? null : secret ? Withheld : file.Content)
        .AddIf("external", file.External);
}
