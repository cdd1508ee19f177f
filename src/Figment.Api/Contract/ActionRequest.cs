namespace Figment.Api.Contract;

public sealed record ActionRequest
{
    /// <summary>kill, stop: number.</summary>
    public int? Signal { get; init; }

    public long? GraceMs { get; init; }

    /// <summary>stop: leave it imaginary (the next signal starts it) instead of stopped.</summary>
    public bool ToImaginary { get; init; }

    /// <summary>checkpoint: the machine goes on. False: it is stopped, as of the snapshot.</summary>
    public bool LeaveRunning { get; init; }

    /// <summary>checkpoint: only find out whether it can be done: the snapshot is made and thrown away, the machine goes on.</summary>
    public bool Check { get; init; }

    /// <summary>checkpoint: a name for the snapshot.</summary>
    public string? Name { get; init; }

    /// <summary>restore: which, by id, the beginning of one, or name; null: the newest of the machine.</summary>
    public string? Snapshot { get; init; }
}
