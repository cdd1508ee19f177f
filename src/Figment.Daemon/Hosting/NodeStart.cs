using Figment.Node;
using Figment.Node.Moves;

namespace Figment.Daemon.Hosting;

/// <summary>Takes over what runs as soon as the host has started.</summary>
internal sealed class NodeStart(NodeService node, MoveService moves, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() =>
        {
            node.Recover();
            moves.Recover();
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
