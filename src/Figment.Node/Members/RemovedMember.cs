namespace Figment.Node.Members;

/// <summary>A node that belongs to the cluster no more: certificates from before are refused.</summary>
public sealed record RemovedMember(string Name, DateTimeOffset At);
