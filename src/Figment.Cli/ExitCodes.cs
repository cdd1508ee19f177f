using Figment.Api.Contract;

namespace Figment.Cli;

/// <summary>All exit codes of <c>figment</c>. <c>run</c> and <c>exec</c> use those of chroot(1), as docker and podman do, and else pass on the program's own.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    public const int Failed = 1;

    public const int Usage = 2;

    public const int NotFound = 3;

    /// <summary>The object's state does not allow it, somebody else is at it, or <c>--wait</c> ran out of time.</summary>
    public const int Conflict = 4;

    /// <summary>run, exec: figment itself failed.</summary>
    public const int RunFailed = 125;

    /// <summary>run, exec: the program was found but cannot be executed.</summary>
    public const int RunNotExecutable = 126;

    /// <summary>run, exec: there is no such program.</summary>
    public const int RunNotFound = 127;

    /// <summary>Added to the number of the signal that ended it: 130 after Ctrl-C, 141 when nobody reads the output any more.</summary>
    public const int Signal = 128;

    public static int Of(ErrorCode code) => code switch
    {
        ErrorCode.NotFound => NotFound,
        ErrorCode.Conflict => Conflict,
        _ => Failed,
    };
}
