namespace Figment.Machines.Elasticity;

/// <summary>How much one machine of an elastic service has to do.</summary>
/// <param name="Connections">With others, to its ports, accepted or not.</param>
/// <param name="Queued">Of these, those that wait to be accepted.</param>
/// <param name="ProcessorPercent">Of the processors that it may use.</param>
/// <param name="MemoryPercent">Of its memory limit; 0 without one.</param>
public readonly record struct MachineLoad(int Connections, int Queued, int ProcessorPercent, int MemoryPercent);
