namespace Figment.Api.Contract;

public sealed record RunRequest
{
    public required string Service { get; init; }

    /// <summary>Null: the service's command.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyList<string> Environment { get; init; } = [];

    public string? User { get; init; }

    public string? WorkingDirectory { get; init; }

    public string? Name { get; init; }

    /// <summary>Take the service's published ports.</summary>
    public bool ServicePorts { get; init; }

    public bool NoDependencies { get; init; }

    public bool Tty { get; init; }

    public bool Stdin { get; init; }

    /// <summary>Keep the machine afterwards (logs stay until <c>down</c>).</summary>
    public bool Keep { get; init; }

    /// <summary>Answer 200 with a <see cref="MachineView"/> once it has started, no stream.</summary>
    public bool Detach { get; init; }
}
