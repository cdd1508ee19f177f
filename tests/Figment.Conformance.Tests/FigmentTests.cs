using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests;

/// <summary>Imaginary machines on a node that the run starts.</summary>
[Trait("stage", "figment")]
public sealed class FigmentTests(FigmentTests.NodeFixture fixture) : ConformanceTests, IClassFixture<FigmentTests.NodeFixture>
{
    private protected override IStage Open(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment) => new FigmentStage(fixture.Node, files, environment);

    /// <summary>One node for all scenarios.</summary>
    public sealed class NodeFixture : IAsyncLifetime
    {
        private FigmentNode? _node;

        internal FigmentNode Node => _node ?? throw new InvalidOperationException("the node did not start");

        public async ValueTask InitializeAsync() => _node = await FigmentNode.StartAsync(TestContext.Current.CancellationToken);

        public async ValueTask DisposeAsync()
        {
            if (_node is not null)
            {
                await _node.DisposeAsync();
            }
        }
    }
}
