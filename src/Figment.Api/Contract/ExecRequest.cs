namespace Figment.Api.Contract;

public sealed record ExecRequest
{
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public string? User { get; init; }

    public string? WorkingDirectory { get; init; }

    public bool Tty { get; init; }

    public bool Stdin { get; init; }
}
