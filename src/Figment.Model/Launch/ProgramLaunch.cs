namespace Figment.Model.Launch;

public sealed record ProgramLaunch
{
    /// <summary>Entry point and command; the first is looked up in the environment's PATH if it has no slash.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c>, complete: nothing is inherited.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public string WorkingDirectory { get; init; } = "/";

    /// <summary><c>user[:group]</c>, resolved by the box in the machine's own <c>/etc/passwd</c>; null: root.</summary>
    public string? User { get; init; }

    public IReadOnlyList<string> AdditionalGroups { get; init; } = [];

    public bool Init { get; init; }

    public bool Tty { get; init; }

    public bool StdinOpen { get; init; }

    /// <summary>Signal number.</summary>
    public int StopSignal { get; init; } = 15;

    public long StopGraceMs { get; init; } = 10_000;
}
