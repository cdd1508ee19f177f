namespace Figment.Model.Specs;

/// <summary>When a machine starts (<c>x-figment.start</c>).</summary>
public enum StartMode
{
    /// <summary>On demand if the service has a port to be signalled at, else eager.</summary>
    Unset,

    /// <summary>When a signal needs it.</summary>
    OnDemand,

    /// <summary>At <c>up</c>.</summary>
    Eager,
}
