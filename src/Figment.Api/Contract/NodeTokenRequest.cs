namespace Figment.Api.Contract;

/// <summary>A token for one further node.</summary>
public sealed record NodeTokenRequest
{
    public const int LifetimeSecondsDefault = 3600;

    /// <summary>A week.</summary>
    public const int LifetimeSecondsMax = 7 * 24 * 3600;

    /// <summary>For how long it is good, 1 to <see cref="LifetimeSecondsMax"/>.</summary>
    public int LifetimeSeconds { get; init; } = LifetimeSecondsDefault;
}
