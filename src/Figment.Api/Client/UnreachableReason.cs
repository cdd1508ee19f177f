namespace Figment.Api.Client;

/// <summary>Why nobody answers at the socket.</summary>
public enum UnreachableReason
{
    /// <summary>There is no such file.</summary>
    Missing,

    /// <summary>A file without a process behind it.</summary>
    Refused,

    /// <summary>The file's mode or a folder's does not let this user in.</summary>
    Denied,

    /// <summary>Anything else; the inner exception has it.</summary>
    Other,
}
