using Figment.Model.Signals;

namespace Figment.Node.Telemetry;

/// <summary>How often a machine woke, as far as the journal knows, and what woke it last. A last wake that is folded into its hour has no moment any more.</summary>
public sealed record MachineWakes(string Application, string Machine, long Count, SignalKind? LastCause, DateTimeOffset? LastAt);
