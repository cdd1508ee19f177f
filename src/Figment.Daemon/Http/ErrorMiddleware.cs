using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Daemon.Http;

/// <summary>Turns whatever goes wrong in a request into the contract's error; nothing gets out as a page or an empty answer.</summary>
internal sealed class ErrorMiddleware(ILogger<ErrorMiddleware> log)
{
    public async Task OnRequestAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed && context.Response.ContentLength is null)
            {
                await WriteUnroutedAsync(context);
            }
        }
        catch (Exception exception)
        {
            await WriteFailureAsync(context, exception);
        }
    }

    private static Task WriteUnroutedAsync(HttpContext context)
    {
        bool verb = context.Response.StatusCode == StatusCodes.Status405MethodNotAllowed;
        return ErrorResponse.WriteAsync(
            context,
            new ApiError
            {
                Code = verb ? ErrorCode.InvalidRequest : ErrorCode.NotFound,
                Message = verb ? $"{context.Request.Path} does not know {context.Request.Method}" : $"there is nothing at {context.Request.Path}",
                Hint = $"{Routes.OpenApi} describes what there is",
            },
            context.Response.StatusCode);
    }

    private async Task WriteFailureAsync(HttpContext context, Exception exception)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            log.LogDebug("{Method} {Path}: the client has gone", context.Request.Method, context.Request.Path);
            return;
        }

        var error = exception is BadHttpRequestException bad
            ? new ApiError { Code = ErrorCode.InvalidRequest, Message = bad.Message }
            : NodeException.Describe(exception);
        if (error.Code == ErrorCode.Internal)
        {
            log.LogError(exception, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
        }

        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        await ErrorResponse.WriteAsync(context, error);
    }
}
