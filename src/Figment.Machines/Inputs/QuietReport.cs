namespace Figment.Machines.Inputs;

/// <summary>What a quiet machine did.</summary>
/// <param name="ForMs">While it was quiet.</param>
/// <param name="ProcessorUs">Processor time.</param>
/// <param name="NetworkBytes">Payload of its connections.</param>
/// <param name="Peers">Addresses that it has connections with.</param>
public sealed record QuietReport(long ForMs, long ProcessorUs, long NetworkBytes, IReadOnlyList<string> Peers);
