using Figment.Linux.Trees;

namespace Figment.Images.Layers;

/// <summary>Numbers as tar headers write them.</summary>
internal static class TarNumbers
{
    private const byte BinaryMark = 0x80;
    private const byte NegativeMark = 0xFF;

    /// <summary>Octal digits between spaces and zeros, or GNU's big-endian binary form, whose first bit is set.</summary>
    public static bool TryParseField(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & BinaryMark) != 0)
        {
            return TryParseBinary(field, out value);
        }

        field = field.Trim((byte)' ').TrimEnd((byte)0).Trim((byte)' ').TrimStart((byte)0);
        foreach (byte digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7' || value > long.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) + (digit - '0');
        }

        return true;
    }

    public static bool TryParseDecimal(ReadOnlySpan<byte> text, out long value) =>
        long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value);

    /// <summary>A pax time: decimal seconds with an optional fraction and sign.</summary>
    public static bool TryParseTime(ReadOnlySpan<byte> text, out FileTime time)
    {
        const int Digits = 9, NanosecondsPerSecond = 1_000_000_000;
        time = default;
        bool negative = !text.IsEmpty && text[0] == '-';
        text = negative ? text[1..] : text;
        int point = text.IndexOf((byte)'.');
        if (!TryParseDecimal(point < 0 ? text : text[..point], out long seconds))
        {
            return false;
        }

        int nanoseconds = 0;
        var fraction = point < 0 ? [] : text[(point + 1)..];
        for (int at = 0; at < Math.Max(Digits, fraction.Length); at++)
        {
            byte digit = at < fraction.Length ? fraction[at] : (byte)'0';
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            nanoseconds = at < Digits ? (nanoseconds * 10) + (digit - '0') : nanoseconds;
        }

        time = !negative ? new FileTime(seconds, nanoseconds)
            : nanoseconds == 0 ? new FileTime(-seconds, 0)
            : new FileTime(-seconds - 1, NanosecondsPerSecond - nanoseconds);
        return true;
    }

    private static bool TryParseBinary(ReadOnlySpan<byte> field, out long value)
    {
        bool negative = field[0] == NegativeMark;
        value = negative ? -1 : field[0] & ~BinaryMark;
        foreach (byte part in field[1..])
        {
            if (value > long.MaxValue >> 8 || value < long.MinValue >> 8)
            {
                return false;
            }

            value = (value << 8) | part;
        }

        return true;
    }
}
