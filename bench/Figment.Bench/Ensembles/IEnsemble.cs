namespace Figment.Bench.Ensembles;

/// <summary>Three members of a ZooKeeper ensemble, and what brings one of them back.</summary>
internal interface IEnsemble
{
    string Name { get; }

    Task UpAsync(CancellationToken cancellation);

    /// <summary>Addresses of the members; the first is the one that is killed.</summary>
    IReadOnlyList<string> Members { get; }

    /// <summary>Words that run a command of the node's where clients are.</summary>
    IReadOnlyList<string> Inside(IReadOnlyList<string> command);

    /// <summary>Kills the first member with SIGKILL. Where nothing starts another one by itself, does what an operator would who had been waiting for it.</summary>
    Task KillAsync(CancellationToken cancellation);

    Task DownAsync(CancellationToken cancellation);
}
