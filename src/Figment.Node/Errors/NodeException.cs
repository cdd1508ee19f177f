using Figment.Api.Contract;
using Figment.Migration.Snapshots;

namespace Figment.Node.Errors;

/// <summary>An operating error for the user: what failed, on which object, why, and what to do next.</summary>
public sealed class NodeException : Exception
{
    public NodeException(ErrorCode code, string message, string? hint = null, Exception? cause = null)
        : base(message, cause)
    {
        Code = code;
        Hint = hint;
    }

    public ErrorCode Code { get; }

    public string? Hint { get; }

    /// <summary>For exec and run: 125, 126 or 127.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The store's sentences end with what to do; that is the hint.</summary>
    public static NodeException Of(SnapshotException failure)
    {
        string[] parts = failure.Message.Split("; ", 2);
        return new NodeException(ErrorCode.Failed, parts[0], parts.ElementAtOrDefault(1), failure);
    }

    public ApiError ToError() => new() { Code = Code, Message = Message, Hint = Hint, ExitCode = ExitCode };

    /// <summary>What the user is told of any exception; only faults of ours are <see cref="ErrorCode.Internal"/>.</summary>
    public static ApiError Describe(Exception exception) => exception switch
    {
        NodeException known => known.ToError(),
        SnapshotException snapshot => Of(snapshot).ToError(),
        OperationCanceledException => new ApiError { Code = ErrorCode.Unavailable, Message = "the operation was cancelled" },
        IOException or UnauthorizedAccessException => new ApiError { Code = ErrorCode.Failed, Message = exception.Message },
        _ => new ApiError
        {
            Code = ErrorCode.Internal,
            Message = $"a fault inside figmentd: {exception.Message}",
            Hint = "the daemon's log has the details (journalctl -u figmentd)",
        },
    };
}
