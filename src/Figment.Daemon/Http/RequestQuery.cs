using System.Globalization;
using Figment.Node.Errors;

namespace Figment.Daemon.Http;

/// <summary>Reads query parameters; a wrong one is an error, never taken for another value.</summary>
internal static class RequestQuery
{
    public static string? Text(HttpContext context, string name) => context.Request.Query[name] is [{ Length: > 0 } text] ? text : null;

    public static bool Flag(HttpContext context, string name) => Text(context, name) switch
    {
        null or "false" or "0" => false,
        "true" or "1" => true,
        var text => throw Wrong(name, text, "true or false"),
    };

    public static long? Number(HttpContext context, string name, long max)
    {
        if (Text(context, name) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= max ? number : throw Wrong(name, text, $"a number from 0 to {max}");
    }

    public static DateTimeOffset? Time(HttpContext context, string name)
    {
        if (Text(context, name) is not { } text)
        {
            return null;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : throw Wrong(name, text, "a time as 2026-01-31T12:00:00Z");
    }

    private static NodeException Wrong(string name, string text, string wanted) => new(ErrorCode.InvalidRequest, $"{name}={text} is wrong: it takes {wanted}");
}
