namespace Figment.Node.Journal;

/// <summary>Something of the node that an application holds until it goes down.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">Which of the application's: <c>default</c>, <c>default/web-1</c>, <c>web-1/80/tcp/0</c>.</param>
/// <param name="Value">A CIDR, an address, a port.</param>
public sealed record Allocation(AllocationKind Kind, string Key, string Value);
