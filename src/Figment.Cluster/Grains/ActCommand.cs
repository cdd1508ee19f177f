namespace Figment.Cluster.Grains;

/// <param name="OperationId">The command's id.</param>
/// <param name="Action">start, stop, restart, kill, remove.</param>
/// <param name="Request">ActionRequest as JSON.</param>
/// <param name="Force">remove: also if it runs.</param>
[GenerateSerializer]
[Alias("figment.act")]
public sealed record ActCommand([property: Id(0)] string OperationId, [property: Id(1)] string Action, [property: Id(2)] byte[] Request, [property: Id(3)] bool Force);
