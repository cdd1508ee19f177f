using System.Text;

namespace Figment.Compose.Diagnostics;

/// <summary>Text of the user's inside a message.</summary>
internal static class Quote
{
    /// <summary>Longer text would hide the message around it.</summary>
    private const int LengthMax = 60;

    /// <summary>In single quotes, shortened, on one line: control characters of a hostile file must not reach a terminal.</summary>
    public static string Text(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (char character in text.Length > LengthMax ? text.AsSpan(0, LengthMax) : text)
        {
            quoted.Append(char.IsControl(character) || char.IsSurrogate(character) ? '?' : character);
        }

        return quoted.Append(text.Length > LengthMax ? "...'" : "'").ToString();
    }
}
