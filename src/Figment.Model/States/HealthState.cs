namespace Figment.Model.States;

public enum HealthState
{
    /// <summary>No health check.</summary>
    None,
    Starting,
    Healthy,
    Unhealthy,
}
