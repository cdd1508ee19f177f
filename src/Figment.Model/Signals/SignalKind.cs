namespace Figment.Model.Signals;

/// <summary>What decided about a machine.</summary>
public enum SignalKind
{
    /// <summary>A TCP connection to a known port.</summary>
    Connection,

    /// <summary>A UDP datagram to a known port.</summary>
    Datagram,

    /// <summary>A caller's <c>connect</c> to a port nobody knew of.</summary>
    Connect,

    /// <summary>Another machine depends on this one.</summary>
    Dependency,

    /// <summary>The Compose file asks for it (<c>start: eager</c>, or no port to wait at).</summary>
    Eager,

    /// <summary>A user's command.</summary>
    User,

    /// <summary>Its restart policy.</summary>
    Restart,

    /// <summary>The program ended by itself.</summary>
    Exit,

    /// <summary>The box died.</summary>
    BoxLost,

    /// <summary>The program did not listen in time.</summary>
    StartTimeout,

    /// <summary>The application goes down.</summary>
    Down,
}
