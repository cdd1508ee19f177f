using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>The daemons of one run, each started when a side first needs it and ended with the run.</summary>
internal sealed class Daemons : IAsyncDisposable
{
    private FigmentNode? _node;
    private DockerDaemon? _docker;

    public async Task<FigmentNode> NodeAsync(CancellationToken cancellation) => _node ??= await FigmentNode.StartAsync(cancellation);

    public async Task<DockerDaemon> DockerAsync(CancellationToken cancellation) => _docker ??= await DockerDaemon.StartAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_docker is not null)
        {
            await _docker.DisposeAsync();
        }
    }
}
