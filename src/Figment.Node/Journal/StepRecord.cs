namespace Figment.Node.Journal;

/// <summary>One record of a lifecycle step.</summary>
public sealed record StepRecord(long Id, string Operation, string Application, string Step, StepPhase Phase, string? Detail);
