using Figment.Model.States;

namespace Figment.Box.Health;

/// <summary>What a row of checks amounts to, by Docker's rules. Pure.</summary>
internal sealed class HealthVerdict(int retries)
{
    private int _failures;
    private bool _succeeded;

    public HealthState State { get; private set; } = HealthState.Starting;

    /// <summary>The shorter interval of the start period is in use.</summary>
    public bool IsStarting(bool inStartPeriod) => inStartPeriod && !_succeeded;

    /// <param name="success">It ended with code 0.</param>
    /// <param name="inStartPeriod">Failures do not count yet, unless one check has succeeded.</param>
    /// <returns>The state changed.</returns>
    public bool Add(bool success, bool inStartPeriod)
    {
        var before = State;
        if (success)
        {
            (_failures, _succeeded, State) = (0, true, HealthState.Healthy);
        }
        else if (!IsStarting(inStartPeriod) && ++_failures >= Math.Max(1, retries))
        {
            State = HealthState.Unhealthy;
        }

        return State != before;
    }
}
