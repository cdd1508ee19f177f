using System.Buffers;
using System.Globalization;

namespace Figment.Model.Specs;

/// <summary>Sizes as users write them.</summary>
public static class ByteSize
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Bytes; units are powers of 1024, as Docker has them. Null: not such a text.</summary>
    public static long? Parse(string text)
    {
        string lower = text.Trim().ToLowerInvariant();
        int digits = lower.AsSpan().IndexOfAnyExcept(NumberCharacters);
        string number = digits < 0 ? lower : lower[..digits];
        int power = (digits < 0 ? string.Empty : lower[digits..].Trim()) switch
        {
            "" or "b" => 0,
            "k" or "kb" or "ki" or "kib" => 1,
            "m" or "mb" or "mi" or "mib" => 2,
            "g" or "gb" or "gi" or "gib" => 3,
            "t" or "tb" or "ti" or "tib" => 4,
            "p" or "pb" or "pi" or "pib" => 5,
            _ => -1,
        };
        if (power < 0 || number.Length == 0 || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
        {
            return null;
        }

        double bytes = value * Math.Pow(1024, power);
        return bytes < long.MaxValue ? (long)bytes : null;
    }
}
