using Figment.Model.States;

namespace Figment.Node.Telemetry;

/// <summary>A machine at the moment of a sample.</summary>
/// <param name="Application">Its application, which is up.</param>
/// <param name="Machine">Its name.</param>
/// <param name="Service">Its service.</param>
/// <param name="State">Of its last event.</param>
/// <param name="MemoryBytes">What the kernel charges it with; null: it has no program, or nobody counts.</param>
public sealed record MachineNow(string Application, string Machine, string Service, MachineState State, long? MemoryBytes);
