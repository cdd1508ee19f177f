using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Daemon.Http;

/// <summary>Reads a request's JSON; what is wrong with it is said with its place.</summary>
internal static class RequestBody
{
    /// <param name="context">The request.</param>
    /// <param name="type">What is expected.</param>
    /// <param name="whenEmpty">Taken for an empty body; null: a body is required.</param>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, T? whenEmpty = null)
        where T : class
    {
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content, context.RequestAborted);
        if (content.Length == 0)
        {
            return whenEmpty ?? throw new NodeException(ErrorCode.InvalidRequest, $"{context.Request.Method} {context.Request.Path} needs a body of JSON");
        }

        try
        {
            return JsonSerializer.Deserialize(content.GetBuffer().AsSpan(0, (int)content.Length), type)
                ?? throw new NodeException(ErrorCode.InvalidRequest, "the body is null");
        }
        catch (JsonException exception)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"the body is not what {context.Request.Path} takes: {exception.Message}", $"{Routes.OpenApi} describes it", exception);
        }
    }
}
