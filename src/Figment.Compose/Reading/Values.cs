using System.Globalization;

namespace Figment.Compose.Reading;

/// <summary>Text to numbers and times, as Compose writes them. Null: not such a text.</summary>
internal static class Values
{
    private static readonly (string Unit, double Ms)[] DurationUnits =
    [
        ("ns", 0.000_001), ("us", 0.001), ("µs", 0.001), ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
    ];

    public static bool? Flag(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "y" or "t" or "1" => true,
        "false" or "no" or "off" or "n" or "f" or "0" => false,
        _ => null,
    };

    public static long? Integer(string text)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long hexadecimal) && hexadecimal >= 0 ? hexadecimal : null;
        }

        return text.StartsWith("0o", StringComparison.Ordinal)
            ? Octal(text[2..])
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
    }

    public static double? Real(string text) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null;

    /// <summary>File modes: quoted text is octal, a bare number with a leading zero too, another bare number is decimal (as YAML reads it).</summary>
    public static int? Mode(string text, bool quoted)
    {
        long? mode = text.StartsWith("0o", StringComparison.Ordinal) ? Octal(text[2..]) : quoted || text.StartsWith('0') ? Octal(text) : Integer(text);
        return mode is >= 0 and <= 4095 ? (int)mode : null;
    }

    /// <summary>Milliseconds of a text such as <c>1m30s</c>, rounded up: a time that was asked for is never none at all.</summary>
    public static long? DurationMs(string text)
    {
        if (text == "0")
        {
            return 0;
        }

        double sum = 0;
        int at = 0;
        while (at < text.Length)
        {
            int start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            {
                at++;
            }

            if (!double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return null;
            }

            start = at;
            while (at < text.Length && !char.IsAsciiDigit(text[at]) && text[at] != '.')
            {
                at++;
            }

            string unit = text[start..at];
            (string Unit, double Ms) known = DurationUnits.FirstOrDefault(one => one.Unit == unit);
            if (known.Unit is null)
            {
                return null;
            }

            sum += number * known.Ms;
        }

        // Sums of binary fractions come out a hair above whole milliseconds.
        return text.Length > 0 && sum <= ComposeLimits.DurationMsMax ? (long)Math.Ceiling(Math.Round(sum, 6)) : null;
    }

    private static long? Octal(string digits)
    {
        long value = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7' || value > int.MaxValue)
            {
                return null;
            }

            value = (value * 8) + (digit - '0');
        }

        return digits.Length > 0 ? value : null;
    }
}
