namespace Figment.Cluster.Grains;

[GenerateSerializer]
[Alias("figment.assignment")]
public sealed record MachineAssignment([property: Id(0)] string Node, [property: Id(1)] long Epoch);
