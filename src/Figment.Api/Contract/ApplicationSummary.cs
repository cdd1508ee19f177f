namespace Figment.Api.Contract;

public sealed record ApplicationSummary
{
    public required string Name { get; init; }

    public required string WorkingDirectory { get; init; }

    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>Machines in all, and with a program.</summary>
    public required int Machines { get; init; }

    public required int Running { get; init; }

    /// <summary><c>up</c>, <c>coming-up</c>, <c>going-down</c>, <c>keeper-lost</c>.</summary>
    public required string Status { get; init; }
}
