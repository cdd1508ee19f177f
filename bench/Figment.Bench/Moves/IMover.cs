namespace Figment.Bench.Moves;

/// <summary>One way to bring a server from one node to the other, and back.</summary>
internal interface IMover : IAsyncDisposable
{
    string Name { get; }

    /// <summary>The server runs at the first node.</summary>
    /// <returns>Its address, as the client sees it.</returns>
    Task<string> UpAsync(CancellationToken cancellation);

    /// <summary>Words that run a command where the client is, at the first node.</summary>
    IReadOnlyList<string> AtClient(IReadOnlyList<string> command);

    /// <summary>It runs at the other node afterwards.</summary>
    Task MoveAsync(bool toB, CancellationToken cancellation);

    Task DownAsync(CancellationToken cancellation);
}
