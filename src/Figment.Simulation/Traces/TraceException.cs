namespace Figment.Simulation.Traces;

/// <summary>Not a trace. The message begins with file and line.</summary>
public sealed class TraceException(string message) : Exception(message);
