namespace Figment.Cli.Output;

/// <summary>One line of <c>figment logs --json</c>.</summary>
internal sealed record LogRow
{
    public required string Application { get; init; }

    public required string Machine { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Stream { get; init; }

    public required string Line { get; init; }

    public bool Partial { get; init; }
}
