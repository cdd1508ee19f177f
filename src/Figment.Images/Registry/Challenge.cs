using System.Net.Http.Headers;

namespace Figment.Images.Registry;

/// <summary>One <c>WWW-Authenticate</c> of a registry (distribution-spec and its token documents).</summary>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public static Challenge Parse(AuthenticationHeaderValue header) => Parse(header.Scheme, header.Parameter ?? "");

    public static Challenge Parse(string scheme, string parameters) => new(scheme, ParseParameters(parameters));

    /// <summary><c>key="value",key=value</c>; quoted values may hold commas and escaped letters. What is malformed ends the list.</summary>
    private static Dictionary<string, string> ParseParameters(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        int at = 0;
        while (at < text.Length)
        {
            int equal = text.IndexOf('=', at);
            if (equal < 0)
            {
                break;
            }

            string key = text[at..equal].Trim(' ', ',', '\t');
            at = equal + 1;
            parameters[key] = at < text.Length && text[at] == '"' ? Quoted(text, ref at) : Plain(text, ref at);
        }

        return parameters;
    }

    private static string Plain(string text, ref int at)
    {
        int comma = text.IndexOf(',', at);
        int end = comma < 0 ? text.Length : comma;
        string value = text[at..end].Trim();
        at = end;
        return value;
    }

    private static string Quoted(string text, ref int at)
    {
        var value = new System.Text.StringBuilder();
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }

            value.Append(text[at]);
        }

        at++;
        return value.ToString();
    }
}
