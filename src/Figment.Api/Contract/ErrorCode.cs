namespace Figment.Api.Contract;

public enum ErrorCode
{
    /// <summary>400: the request itself is wrong.</summary>
    InvalidRequest,

    /// <summary>403: the peer may not.</summary>
    Forbidden,

    /// <summary>404.</summary>
    NotFound,

    /// <summary>409: the object's state does not allow it, or somebody else is at it.</summary>
    Conflict,

    /// <summary>422: understood, but could not be done; nothing is left half done.</summary>
    Failed,

    /// <summary>500: a fault of ours; the daemon's log has it.</summary>
    Internal,

    /// <summary>503: starting or stopping.</summary>
    Unavailable,
}
