using System.Buffers;
using System.Globalization;

namespace Figment.Compose.Yaml;

/// <summary>Types of plain scalars by the YAML 1.2.2 core schema (section 10.3.2), with the octal numbers of YAML 1.1 (<c>0440</c>) that Compose files use for file modes.</summary>
internal static class CoreSchema
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> OctalDigits = SearchValues.Create("01234567");
    private static readonly SearchValues<char> FloatCharacters = SearchValues.Create("0123456789+-.eE");

    public static ScalarKind Resolve(string text)
    {
        if (text is "" or "~" or "null" or "Null" or "NULL")
        {
            return ScalarKind.Null;
        }

        if (text is "true" or "True" or "TRUE" or "false" or "False" or "FALSE")
        {
            return ScalarKind.Boolean;
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+' or '.'))
        {
            return ScalarKind.String;
        }

        return IsInteger(text) ? ScalarKind.Integer : IsFloat(text) ? ScalarKind.Float : ScalarKind.String;
    }

    private static bool IsInteger(string text)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return text.Length > 2 && text.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0;
        }

        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            return text.Length > 2 && text.AsSpan(2).IndexOfAnyExcept(OctalDigits) < 0;
        }

        ReadOnlySpan<char> digits = text.AsSpan(text[0] is '-' or '+' ? 1 : 0);
        return digits.Length > 0 && digits.IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static bool IsFloat(string text)
    {
        if (text.TrimStart('-', '+') is ".inf" or ".Inf" or ".INF" || text is ".nan" or ".NaN" or ".NAN")
        {
            return true;
        }

        return text.AsSpan().IndexOfAnyExcept(FloatCharacters) < 0
            && text.AsSpan().IndexOfAnyInRange('0', '9') >= 0
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
    }
}
