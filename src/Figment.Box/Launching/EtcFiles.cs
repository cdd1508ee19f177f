using System.Net;
using System.Text;
using Figment.Linux.Mounts;
using Figment.Model.Control;

namespace Figment.Box.Launching;

/// <summary>The files of <c>/etc</c> that tell a machine its own names. They stand in its runtime folder and are bound over those of its root.</summary>
internal static class EtcFiles
{
    /// <summary>rw-r--r--.</summary>
    private const int PublicMode = 0x1A4;

    /// <summary>Writes them; returns source on the node and target in the machine.</summary>
    public static IReadOnlyList<(string Source, string Target)> Write(BoxMessage.Launch launch)
    {
        List<(string, string)> files = [];
        foreach (var (name, content) in new[] { ("hosts", Hosts(launch)), ("resolv.conf", ResolvConf(launch)), ("hostname", launch.Machine.Hostname + "\n") })
        {
            string path = Path.Combine(launch.RuntimeDirectory, name);
            if (!File.Exists(path) || File.ReadAllText(path) != content)
            {
                File.WriteAllText(path, content);
            }

            MountCalls.ChangeMode(path, PublicMode);
            files.Add((path, "/etc/" + name));
        }

        return files;
    }

    internal static string Hosts(BoxMessage.Launch launch)
    {
        var machine = launch.Machine;
        var text = new StringBuilder("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n");
        string names = machine.DomainName is { Length: > 0 } domain ? $"{machine.Hostname}.{domain} {machine.Hostname}" : machine.Hostname;
        foreach (string address in machine.Interfaces.SelectMany(eth => new[] { eth.Address, eth.Ipv6Address }).OfType<string>())
        {
            text.Append(address).Append('\t').Append(names).Append('\n');
        }

        foreach (var (name, address) in machine.ExtraHosts)
        {
            string resolved = address == "host-gateway" ? FirstGateway(launch) ?? "127.0.0.1" : address;
            text.Append(resolved).Append('\t').Append(name).Append('\n');
        }

        return text.ToString();
    }

    internal static string ResolvConf(BoxMessage.Launch launch)
    {
        if (launch.Machine.ResolvConf.Count > 0)
        {
            return string.Join('\n', launch.Machine.ResolvConf) + "\n";
        }

        return FirstGateway(launch) is { } gateway ? $"nameserver {gateway}\noptions ndots:0\n" : "";
    }

    /// <summary>The gateway of the first interface's network: the keeper's DNS server listens there.</summary>
    private static string? FirstGateway(BoxMessage.Launch launch)
    {
        if (launch.Machine.Interfaces is not [var first, ..])
        {
            return null;
        }

        var own = IPAddress.Parse(first.Address);
        var network = launch.Networks.Select(text => IPNetwork.Parse(text)).FirstOrDefault(network => network.Contains(own));
        return launch.Gateways.FirstOrDefault(gateway => network.Contains(IPAddress.Parse(gateway)));
    }
}
