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

    /// <summary>It was quiet for as long as its policy says.</summary>
    Idle,

    /// <summary>Something that a frozen machine waits for came: data, a client.</summary>
    Data,

    /// <summary>A wait of a frozen machine ends.</summary>
    Timer,

    /// <summary>A machine that is idle together with this one goes on.</summary>
    Peer,

    /// <summary>Its service needs more machines, or fewer.</summary>
    Scale,

    /// <summary>The application goes down.</summary>
    Down,

    /// <summary>It moves from one node to another.</summary>
    Move,

    /// <summary>The snapshot that it was to begin from could not be used.</summary>
    Snapshot,
}
