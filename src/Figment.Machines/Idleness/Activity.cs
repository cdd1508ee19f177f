namespace Figment.Machines.Idleness;

/// <summary>What a machine has done since it started, in numbers that only grow.</summary>
/// <param name="AtMs">When this was read, on a monotonic clock.</param>
/// <param name="ProcessorUs">Processor time of all its processes.</param>
/// <param name="NetworkBytes">Payload of its connections with others; see <see cref="IdleLimits"/> for what has none.</param>
/// <param name="OutputBytes">What its program wrote to stdout and stderr.</param>
/// <param name="Asked">How often somebody came to it through its box: exec, a signal.</param>
public readonly record struct Activity(long AtMs, long ProcessorUs, long NetworkBytes, long OutputBytes, int Asked);
