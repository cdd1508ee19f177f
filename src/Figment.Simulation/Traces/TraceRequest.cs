namespace Figment.Simulation.Traces;

/// <summary>One request of a trace.</summary>
/// <param name="AtUs">When it comes, from the beginning of the trace.</param>
/// <param name="Service">Whom it asks.</param>
/// <param name="DurationUs">How long its service takes once somebody serves it; null: not known.</param>
/// <param name="Client">Who asks: requests of one client to one service share a connection; null: a connection of its own.</param>
public readonly record struct TraceRequest(long AtUs, string Service, long? DurationUs, string? Client);
