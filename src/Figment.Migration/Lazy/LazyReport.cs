namespace Figment.Migration.Lazy;

/// <summary>How memory came.</summary>
/// <param name="Pages">All that were missing when the processes were there.</param>
/// <param name="Touched">How often a process waited for one.</param>
/// <param name="Took">From when the rest began to come until none was missing.</param>
/// <param name="WorkingSet">What the processes waited for.</param>
public sealed record LazyReport(long Pages, long Touched, TimeSpan Took, WorkingSet WorkingSet);
