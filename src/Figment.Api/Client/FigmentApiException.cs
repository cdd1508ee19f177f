using Figment.Api.Contract;

namespace Figment.Api.Client;

/// <summary>The daemon refused or failed, and said why.</summary>
public sealed class FigmentApiException : Exception
{
    public FigmentApiException(ApiError error, int status)
        : base(error.Message)
    {
        Error = error;
        Status = status;
    }

    public ApiError Error { get; }

    /// <summary>HTTP status; for an error inside a stream the one that belongs to its code.</summary>
    public int Status { get; }

    /// <summary>The status that <see cref="Routes"/> gives each code.</summary>
    public static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.InvalidRequest => 400,
        ErrorCode.Forbidden => 403,
        ErrorCode.NotFound => 404,
        ErrorCode.Conflict => 409,
        ErrorCode.Failed => 422,
        ErrorCode.Unavailable => 503,
        _ => 500,
    };
}
