namespace Figment.Bench.Sides;

/// <summary>One way to run the same servers. Times are in microseconds.</summary>
internal interface ISide : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Prepares the application and a client machine; none of the servers runs yet.</summary>
    Task UpAsync(IReadOnlyList<BenchProgram> programs, CancellationToken cancellation);

    /// <summary>Makes sure that the servers do not run, starts or wakes the first machine of one, and returns the time to the first byte of its answer.</summary>
    Task<double> WakeAsync(BenchProgram program, CancellationToken cancellation);

    /// <summary>Starts every machine of a program and returns when it serves.</summary>
    Task RunAsync(BenchProgram program, CancellationToken cancellation);

    /// <summary>Starts or wakes all machines of a program at once: time until every one has answered.</summary>
    Task<double> WakeAllAsync(BenchProgram program, CancellationToken cancellation);

    /// <summary>Address of a machine as the client sees it.</summary>
    string Address(string machine);

    /// <summary>Runs a command in the client machine and returns its output.</summary>
    Task<string> InClientAsync(IReadOnlyList<string> command, CancellationToken cancellation);

    /// <summary>Words that run a command of the node's in the client's network.</summary>
    IReadOnlyList<string> Inside(IReadOnlyList<string> command);

    /// <summary>Has the first machine of a program, which runs, stand still, makes a request, and returns how long the answer took, with what was needed to have it go on.</summary>
    Task<double> WakeFrozenAsync(BenchProgram program, Func<Task<double>> ask, CancellationToken cancellation);

    /// <summary>Processes that stand for the whole of the side beside the servers themselves.</summary>
    IReadOnlyList<int> SupportingProcesses();

    Task DownAsync(CancellationToken cancellation);
}
