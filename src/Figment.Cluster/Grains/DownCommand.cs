namespace Figment.Cluster.Grains;

[GenerateSerializer]
[Alias("figment.down")]
public sealed record DownCommand([property: Id(0)] string OperationId, [property: Id(1)] bool Volumes, [property: Id(2)] long? GraceMs);
