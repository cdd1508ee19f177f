namespace Figment.Node.Journal;

/// <summary>Which node runs something, and since which epoch.</summary>
public sealed record Assignment(string Node, long Epoch);
