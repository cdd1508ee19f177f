using Figment.Model.Signals;

namespace Figment.Api.Contract;

/// <summary>How often machines were woken by a cause.</summary>
public sealed record WakeCount(SignalKind Cause, int Count);
