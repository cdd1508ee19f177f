namespace Figment.Simulation;

/// <summary>A policy or model that no machine could have.</summary>
public sealed class PolicyException(string message) : Exception(message);
