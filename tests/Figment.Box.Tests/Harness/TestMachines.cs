using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Box.Tests.Harness;

/// <summary>Launch records for tests.</summary>
internal static class TestMachines
{
    /// <summary>Docker's default set.</summary>
    public static readonly string[] Capabilities =
    [
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
    ];

    /// <summary>A machine on the node's own root.</summary>
    public static MachineLaunch Host(params string[] arguments) => new()
    {
        Name = "web-1",
        Service = "web",
        Number = 1,
        Revision = "r1",
        Hostname = "web-1",
        Interfaces = [new InterfaceLaunch { Network = "default", Address = TestNetwork.MachineAddress, Ipv6Address = "fd00:213::2" }],
        Start = StartMode.OnDemand,
        SettleMs = 300,
        Program = new ProgramLaunch { Arguments = arguments, Environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] },
        Root = new RootLaunch { LowerDirectories = ["/"], OverlayDirectory = "", Host = true },
        Capabilities = Capabilities,
    };

    /// <summary>A shell script on the node's own root.</summary>
    public static MachineLaunch Script(string script) => Host("/bin/sh", "-c", script);

    public static KnownPort Tcp(int port) => new() { Port = port, Protocol = TransportProtocol.Tcp };

    public static KnownPort Udp(int port) => new() { Port = port, Protocol = TransportProtocol.Udp };
}
