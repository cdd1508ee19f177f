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

        return Parse(context, content.GetBuffer().AsSpan(0, (int)content.Length), type);
    }

    /// <summary>Reads the request for a stream, which stands in a header (<see cref="Routes.StreamRequestHeader"/>).</summary>
    public static T ReadStreamRequest<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (context.Request.Headers[Routes.StreamRequestHeader] is not [{ Length: > 0 } text])
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"{context.Request.Path} needs its request in the header {Routes.StreamRequestHeader}, JSON as base64");
        }

        byte[] json = new byte[text.Length];
        return Convert.TryFromBase64String(text, json, out int count)
            ? Parse(context, json.AsSpan(0, count), type)
            : throw new NodeException(ErrorCode.InvalidRequest, $"the header {Routes.StreamRequestHeader} is not base64");
    }

    private static T Parse<T>(HttpContext context, ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type)
                ?? throw new NodeException(ErrorCode.InvalidRequest, "the request is null");
        }
        catch (JsonException exception)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"the request is not what {context.Request.Path} takes: {exception.Message}", $"{Routes.OpenApi} describes it", exception);
        }
    }
}
