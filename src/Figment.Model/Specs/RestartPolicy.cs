namespace Figment.Model.Specs;

/// <summary>What follows when a program ends by itself. A machine that has ended becomes imaginary again in each case and starts on the next signal; the policy says whether it starts without one.</summary>
public enum RestartPolicy
{
    /// <summary>On the next signal only.</summary>
    No,
    OnFailure,
    Always,
    UnlessStopped,
}
