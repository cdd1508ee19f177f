namespace Figment.Machines.Billing;

/// <summary>One size that is sold.</summary>
/// <param name="Name">As its seller calls it.</param>
/// <param name="Vcpus">Processors.</param>
/// <param name="MemoryGib">Memory.</param>
/// <param name="Hour">Price of an hour.</param>
public sealed record MachineSize(string Name, decimal Vcpus, decimal MemoryGib, decimal Hour);
