using System.Globalization;
using System.Text.RegularExpressions;
using Figment.Model.Specs;

namespace Figment.Cli.Projects;

/// <summary>An application made of one program of the node: <c>figment run -- redis-server</c>.</summary>
internal static partial class BareProgram
{
    /// <summary>Names of applications become parts of paths; the kernel's bound for Unix sockets leaves about this much.</summary>
    private const int NameLengthMax = 32;

    private const string Network = "default";

    /// <param name="words">The program and its arguments.</param>
    /// <param name="name">Of the application and its service.</param>
    /// <param name="ports">What <c>--publish</c> says.</param>
    /// <param name="workingDirectory">Folder on the node, which the machine sees too.</param>
    /// <param name="replicas">0 when a one-off machine of the service is run, 1 when the service itself is to stay.</param>
    public static ApplicationSpec Of(IReadOnlyList<string> words, string name, IReadOnlyList<PublishedPortSpec> ports, string workingDirectory, int replicas) => new()
    {
        Name = name,
        WorkingDirectory = workingDirectory,
        Networks = [new NetworkSpec { Name = Network }],
        Services =
        [
            new ServiceSpec
            {
                Name = name,
                Command = words,
                WorkingDir = workingDirectory,
                Ports = ports,
                Networks = [new ServiceNetworkSpec { Network = Network }],
                Replicas = replicas,
                Figment = new FigmentSpec { Root = RootKind.Host, Start = StartMode.Eager },
            },
        ],
    };

    /// <summary>The program's file name as an application's name.</summary>
    public static string NameOf(string program)
    {
        string name = Other().Replace(Path.GetFileName(program).ToLowerInvariant(), "-").Trim('-', '_');
        name = name.Length > NameLengthMax ? name[..NameLengthMax].TrimEnd('-', '_') : name;
        return name.Length == 0 ? "program" : name;
    }

    /// <summary><c>[ADDRESS:][NODE-PORT:]PORT[/tcp|udp]</c>, with one port each side; null if it is something else.</summary>
    public static PublishedPortSpec? ParsePort(string text)
    {
        var match = Publish().Match(text);
        if (!match.Success || Port(match.Groups["inside"].Value) is not { } target || target == 0)
        {
            return null;
        }

        int? published = match.Groups["outside"].Success ? Port(match.Groups["outside"].Value) : 0;
        string? address = match.Groups["address"].Success ? match.Groups["address"].Value.Trim('[', ']') : null;
        if (published is null || (address is not null && !System.Net.IPAddress.TryParse(address, out _)))
        {
            return null;
        }

        return new PublishedPortSpec
        {
            Target = target,
            Published = published.Value,
            PublishedEnd = published.Value,
            HostIp = address,
            Protocol = match.Groups["protocol"].Value == "udp" ? TransportProtocol.Udp : TransportProtocol.Tcp,
        };
    }

    private static int? Port(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= ushort.MaxValue ? port : null;

    [GeneratedRegex(@"^(?:(?:(?<address>\[[0-9a-fA-F:.]+\]|[0-9.]+):)?(?<outside>[0-9]*[0-9]):)?(?<inside>[0-9]+)(?:/(?<protocol>tcp|udp))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Publish();

    [GeneratedRegex("[^a-z0-9_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Other();
}
