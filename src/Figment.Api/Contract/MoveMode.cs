namespace Figment.Api.Contract;

/// <summary>How a machine's memory travels.</summary>
public enum MoveMode
{
    /// <summary>As suits it.</summary>
    Auto,

    /// <summary>In rounds while it runs, then what has changed.</summary>
    Precopy,

    /// <summary>While it stands still.</summary>
    StopCopy,

    /// <summary>After it has gone on at the other node.</summary>
    Postcopy,
}
