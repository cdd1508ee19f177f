using System.Globalization;
using System.Text.RegularExpressions;

namespace Figment.Cli.Output;

/// <summary>What <c>--since</c> and <c>--until</c> take: a time that has passed (<c>10m</c>, <c>1h30m</c>), RFC 3339, or seconds since 1970.</summary>
internal static partial class TimeArgument
{
    public static bool TryParse(string text, DateTimeOffset now, out DateTimeOffset at)
    {
        if (TryParseDuration(text, out var ago))
        {
            at = now - ago;
            return true;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            at = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out at) && char.IsAsciiDigit(text[0]) && text.Contains('-', StringComparison.Ordinal);
    }

    /// <summary><c>1h30m</c>, <c>0.5s</c>, <c>250ms</c>.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var match = Duration().Match(text);
        if (text.Length == 0 || !match.Success)
        {
            return false;
        }

        double seconds = 0;
        foreach (var (group, factor) in new[] { ("d", 86_400.0), ("h", 3_600), ("m", 60), ("s", 1), ("ms", 0.001) })
        {
            if (match.Groups[group] is { Success: true, ValueSpan: var digits })
            {
                seconds += double.Parse(digits, CultureInfo.InvariantCulture) * factor;
            }
        }

        // A hundred years: anything longer means "all" and must not overflow.
        duration = TimeSpan.FromSeconds(Math.Min(seconds, 3_155_760_000));
        return true;
    }

    [GeneratedRegex(@"^(?:(?<d>\d+(?:\.\d+)?)d)?(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m)?(?:(?<s>\d+(?:\.\d+)?)s)?(?:(?<ms>\d+(?:\.\d+)?)ms)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();
}
