using System.Net;
using System.Net.Sockets;
using Figment.Cluster.Agents;
using Figment.Cluster.Storage;
using Figment.Node;
using Figment.Node.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;

namespace Figment.Cluster.Hosting;

/// <summary>A cluster of one node, inside the daemon's process, on loopback only.</summary>
public static class ClusterHosting
{
    private const string ClusterName = "figment";

    /// <summary>Adds the silo. NodeOptions, NodeJournal and NodeService must be registered.</summary>
    /// <param name="builder">The daemon's host.</param>
    /// <param name="options">Gives the silo its name.</param>
    /// <param name="siloPort">On 127.0.0.1; 0: a free one.</param>
    public static IHostApplicationBuilder AddFigmentCluster(this IHostApplicationBuilder builder, NodeOptions options, int siloPort)
    {
        int port = siloPort == 0 ? FreePort() : siloPort;

        // It reports a stall as long as the machine has been up, once, at start.
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.None);
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Orleans", LogLevel.Warning);
        builder.UseOrleans(silo =>
        {
            // No gateway: the only client is this process.
            silo.UseLocalhostClustering(port, gatewayPort: 0, primarySiloEndpoint: null, ClusterName, ClusterName);
            silo.Configure<SiloOptions>(silo => silo.SiloName = options.NodeName);
            silo.Configure<EndpointOptions>(endpoints =>
            {
                endpoints.AdvertisedIPAddress = IPAddress.Loopback;
                endpoints.SiloPort = port;
                endpoints.GatewayPort = 0;
                endpoints.SiloListeningEndpoint = new IPEndPoint(IPAddress.Loopback, port);
            });
            silo.Services.AddSingleton<NodeAgents>();
            silo.Services.AddKeyedSingleton<IGrainStorage>(JournalGrainStorage.Name, (services, _) => new JournalGrainStorage(services.GetRequiredService<NodeJournal>()));
            silo.AddGrainService<NodeAgent>();
        });
        return builder;
    }

    /// <summary>Another program may take it before the silo does; then the daemon ends with that error and is started again.</summary>
    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
