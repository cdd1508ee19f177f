namespace Figment.Node.Moves;

/// <summary>Where a machine is that has moved.</summary>
/// <param name="Node">A node's name.</param>
/// <param name="Epoch">How often it has moved.</param>
public sealed record PlacedMachine(string Node, long Epoch);
