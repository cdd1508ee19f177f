namespace Figment.Box.Relays;

/// <summary>Where a relayed connection stands.</summary>
internal enum RelayState
{
    /// <summary>The program does not listen yet.</summary>
    Waiting,
    Connecting,
    Joined,
}
