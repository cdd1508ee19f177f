namespace Figment.Node.Planning;

/// <summary>A folder that must be there before the machines are.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Make">False: it must exist already (an external volume, a bind source).</param>
/// <param name="What">For messages: <c>volume data</c>.</param>
public sealed record PlannedFolder(string Path, bool Make, string What);
