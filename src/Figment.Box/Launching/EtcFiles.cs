using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using Figment.Linux.Mounts;
using Figment.Model.Control;

namespace Figment.Box.Launching;

/// <summary>The files of <c>/etc</c> that tell a machine its own names. They stand in its runtime folder and are bound over those of its root.</summary>
internal static class EtcFiles
{
    /// <summary>Of <see cref="WriteGeneration"/>, in the machine.</summary>
    public const string GenerationTarget = "/run/figment/machine.json";

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

    /// <summary>The file by which a program of a machine that may begin from a snapshot, or has, knows which it is, and whether it has become another. Null: the machine starts from its program always.</summary>
    public static string? WriteGeneration(BoxMessage.Launch launch)
    {
        string path = Path.Combine(launch.RuntimeDirectory, Path.GetFileName(GenerationTarget));
        if (!launch.Machine.FromSnapshot && !launch.IsClone && !File.Exists(path))
        {
            return null;
        }

        // One that comes back from storage, or moves, is who it was.
        if (launch.RestoreFrom is null || launch.IsClone || !File.Exists(path))
        {
            File.WriteAllBytes(path, Generation(launch, Guid.NewGuid()));
        }

        MountCalls.ChangeMode(path, PublicMode);
        return path;
    }

    internal static byte[] Generation(BoxMessage.Launch launch, Guid generation)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("machine", launch.Machine.Name);
            json.WriteString("service", launch.Machine.Service);
            json.WriteString("hostname", launch.Machine.Hostname);
            json.WriteStartArray("addresses");
            foreach (string address in launch.Machine.Interfaces.SelectMany(eth => new[] { eth.Address, eth.Ipv6Address }).OfType<string>())
            {
                json.WriteStringValue(address);
            }

            json.WriteEndArray();
            json.WriteString("from", launch.IsClone ? "snapshot" : "image");
            json.WriteString("generation", generation);
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
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
