namespace Figment.Conformance.Tests.Stages;

/// <summary>Two nodes of one cluster, <c>a</c> and <c>b</c>, each a daemon in a network namespace of its own.</summary>
internal sealed class NodePair : IAsyncDisposable
{
    private NodePair(NodeWire wire, FigmentNode a, FigmentNode b) => (Wire, A, B) = (wire, a, b);

    public NodeWire Wire { get; }

    public FigmentNode A { get; }

    public FigmentNode B { get; }

    public static async Task<NodePair> OpenAsync(CancellationToken cancellation)
    {
        NodeWire wire = await NodeWire.OpenAsync(cancellation);
        FigmentNode a = await FigmentNode.StartAsync(cancellation, "a", NodeWire.At(isB: false));
        FigmentNode b = await FigmentNode.StartAsync(cancellation, "b", NodeWire.At(isB: true));
        var (first, second) = (new FigmentCommand(a), new FigmentCommand(b));
        await first.InitAsync(NodeWire.AddressA, cancellation);
        await second.JoinAsync(NodeWire.AddressA, await first.TokenAsync(cancellation), NodeWire.AddressB, cancellation);
        return new NodePair(wire, a, b);
    }

    public async ValueTask DisposeAsync()
    {
        await A.DisposeAsync();
        await B.DisposeAsync();
        await Wire.DisposeAsync();
    }
}
