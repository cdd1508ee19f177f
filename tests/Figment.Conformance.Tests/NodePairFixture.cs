using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests;

/// <summary>Two nodes for all tests of a class.</summary>
public sealed class NodePairFixture : IAsyncLifetime
{
    private NodePair? _nodes;

    internal NodePair Nodes => _nodes ?? throw new InvalidOperationException("the nodes did not start");

    public async ValueTask InitializeAsync() => _nodes = await NodePair.OpenAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_nodes is not null)
        {
            await _nodes.DisposeAsync();
        }
    }
}
