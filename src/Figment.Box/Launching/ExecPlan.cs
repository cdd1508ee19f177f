namespace Figment.Box.Launching;

/// <summary>Another program to run in a machine, as asked for.</summary>
internal sealed record ExecPlan
{
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Over the machine's.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Null: the machine's.</summary>
    public string? User { get; init; }

    public string? WorkingDirectory { get; init; }

    public bool Terminal { get; init; }

    public bool Input { get; init; }
}
