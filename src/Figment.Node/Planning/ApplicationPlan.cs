using Figment.Model.Launch;
using Figment.Node.Journal;

namespace Figment.Node.Planning;

/// <summary>What is to be made.</summary>
public sealed record ApplicationPlan
{
    public required ApplicationLaunch Launch { get; init; }

    public required IReadOnlyList<Allocation> Allocations { get; init; }

    public required IReadOnlyList<PlannedFile> Files { get; init; }

    public required IReadOnlyList<PlannedFolder> Folders { get; init; }

    /// <summary>For the user, once each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
