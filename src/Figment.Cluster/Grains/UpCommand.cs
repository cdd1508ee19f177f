namespace Figment.Cluster.Grains;

/// <param name="OperationId">The command's id.</param>
/// <param name="Request">UpRequest as JSON; secrets are in it and are not kept.</param>
[GenerateSerializer]
[Alias("figment.up")]
public sealed record UpCommand([property: Id(0)] string OperationId, [property: Id(1)] byte[] Request);
