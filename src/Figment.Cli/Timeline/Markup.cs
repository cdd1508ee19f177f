using System.Globalization;
using System.Text;

namespace Figment.Cli.Timeline;

/// <summary>Text and numbers in XML and HTML. Names and details come from Compose files and from whoever connects: nothing of them may become markup.</summary>
internal static class Markup
{
    public static string Text(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '&' => safe.Append("&amp;"),
                '<' => safe.Append("&lt;"),
                '>' => safe.Append("&gt;"),
                '"' => safe.Append("&quot;"),
                '\'' => safe.Append("&#39;"),

                // What XML 1.0 has no characters for (section 2.2), and what would break a line.
                < 0x20 or (>= 0x7F and <= 0x9F) or 0xFFFD or 0xFFFE or 0xFFFF => safe.Append('?'),
                _ => safe.Append(rune.ToString()),
            };
        }

        return safe.ToString();
    }

    /// <summary>Hundredths of a pixel are enough.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
