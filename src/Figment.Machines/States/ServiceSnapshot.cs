using System.Collections.Immutable;

namespace Figment.Machines.States;

/// <summary>What decisions about an elastic service depend on beside its machines.</summary>
public sealed record ServiceSnapshot
{
    /// <summary>So many machines it is to have. It rises at once and falls when fewer have been enough for a while.</summary>
    public int Wanted { get; init; }

    /// <summary>So many served, or were about to, when this was decided.</summary>
    public int OnDuty { get; init; }

    /// <summary>Since when fewer would do; null: they would not.</summary>
    public long? SurplusSinceMs { get; init; }

    /// <summary>The machines that its address leads to.</summary>
    public ImmutableArray<string> Led { get; init; } = [];
}
