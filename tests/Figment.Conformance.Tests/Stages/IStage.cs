namespace Figment.Conformance.Tests.Stages;

/// <summary>An application that is up: the same steps can be played on each kind of stage.</summary>
internal interface IStage : IAsyncDisposable
{
    /// <summary>Address of each machine, by its name (<c>web-1</c>).</summary>
    IReadOnlyDictionary<string, string> Addresses { get; }

    Task UpAsync(CancellationToken cancellation);

    /// <summary>
    /// Natively: waits until the machine has opened the port, as a client there would have to. Under Figment nothing is to be waited for,
    /// so the first connection comes while no program runs.
    /// </summary>
    Task ReadyAsync(string machine, int port, CancellationToken cancellation);

    /// <summary>Runs a command in a machine.</summary>
    Task<Outcome> ExecuteAsync(string machine, IReadOnlyList<string> command, CancellationToken cancellation);

    /// <summary>Address and port at which the outside reaches a published port.</summary>
    Task<string> PublishedAsync(string service, int port, CancellationToken cancellation);

    /// <summary>Runs a command outside of the application.</summary>
    Task<Outcome> ExecuteOutsideAsync(IReadOnlyList<string> command, CancellationToken cancellation);

    /// <summary>Kills the machine's program; it stays away until <see cref="StartAsync"/>.</summary>
    Task StopAsync(string machine, CancellationToken cancellation);

    Task StartAsync(string machine, CancellationToken cancellation);

    /// <summary>Checks what only this kind of stage promises, after the steps.</summary>
    Task VerifyAsync(CancellationToken cancellation);

    /// <summary>State and last output of every machine, for a failure's message.</summary>
    Task<string> DescribeAsync(CancellationToken cancellation);
}
