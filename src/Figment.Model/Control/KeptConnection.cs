namespace Figment.Model.Control;

/// <summary>A TCP connection of a machine that is on storage, as it was when the machine stood still.</summary>
public sealed record KeptConnection
{
    /// <summary>Of the socket: by it a snapshot knows the connection.</summary>
    public required uint Inode { get; init; }

    /// <summary>Bytes that came and were not read.</summary>
    public required int Unread { get; init; }

    /// <summary>Bytes that the other end has not taken.</summary>
    public required int Untaken { get; init; }

    /// <summary>The other end sends no more, or is gone.</summary>
    public required bool HasEnded { get; init; }
}
