using Figment.Api.Contract;

namespace Figment.Daemon.Http;

/// <summary>Writes errors as the contract says.</summary>
internal static class ErrorResponse
{
    public static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.InvalidRequest => StatusCodes.Status400BadRequest,
        ErrorCode.Forbidden => StatusCodes.Status403Forbidden,
        ErrorCode.NotFound => StatusCodes.Status404NotFound,
        ErrorCode.Conflict => StatusCodes.Status409Conflict,
        ErrorCode.Failed => StatusCodes.Status422UnprocessableEntity,
        ErrorCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    public static Task WriteAsync(HttpContext context, ApiError error, int? status = null)
    {
        context.Response.StatusCode = status ?? StatusOf(error.Code);
        return context.Response.WriteAsJsonAsync(error, ApiJson.Default.ApiError, contentType: null, context.RequestAborted);
    }
}
