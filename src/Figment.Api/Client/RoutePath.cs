using System.Globalization;
using System.Text;

namespace Figment.Api.Client;

/// <summary>Fills a route's places and appends what its query has.</summary>
internal static class RoutePath
{
    public static string Of(string route, string? app = null, string? machine = null, string? action = null, string? node = null, string? id = null)
    {
        string path = route;
        path = app is null ? path : path.Replace("{app}", Segment(app), StringComparison.Ordinal);
        path = machine is null ? path : path.Replace("{machine}", Segment(machine), StringComparison.Ordinal);
        path = node is null ? path : path.Replace("{node}", Segment(node), StringComparison.Ordinal);
        path = id is null ? path : path.Replace("{id}", Segment(id), StringComparison.Ordinal);
        return action is null ? path : path.Replace("{action}", Segment(action), StringComparison.Ordinal);
    }

    /// <summary>Null values and false are left out.</summary>
    public static string WithQuery(string path, params ReadOnlySpan<(string Name, object? Value)> query)
    {
        var text = new StringBuilder(path);
        char separator = '?';
        foreach (var (name, value) in query)
        {
            string? word = value switch
            {
                null or false => null,
                true => "true",
                DateTimeOffset time => time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture),
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                _ => value.ToString(),
            };
            if (word is not null)
            {
                text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(word));
                separator = '&';
            }
        }

        return text.ToString();
    }

    /// <summary>Names come from users: <c>..</c> and <c>/</c> must not lead to another route.</summary>
    private static string Segment(string name) =>
        name is "" or "." or ".." ? throw new ArgumentException($"'{name}' is not a name") : Uri.EscapeDataString(name);
}
