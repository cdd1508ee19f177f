namespace Figment.Box.Interposition;

/// <summary>What becomes of a bind to a placeholder's port.</summary>
internal enum BindChoice
{
    /// <summary>The kernel performs it; the placeholder stays.</summary>
    Native,

    /// <summary>The placeholder takes the socket's place.</summary>
    TakePlaceholder,

    /// <summary>The socket cannot be the placeholder: what waits is relayed to it.</summary>
    Relay,

    /// <summary>The program wants the port for itself: the placeholder goes, and its clients with it.</summary>
    CloseForLoopback,
}
