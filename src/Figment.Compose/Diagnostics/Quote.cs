namespace Figment.Compose.Diagnostics;

/// <summary>Text of the user's inside a message.</summary>
internal static class Quote
{
    /// <summary>Longer text would hide the message around it.</summary>
    private const int TextLengthMax = 60;

    /// <summary>Paths hold keys of any length, and messages what a variable's author wrote.</summary>
    private const int PrintableLengthMax = 400;

    /// <summary>In single quotes and shortened.</summary>
    public static string Text(string text) => $"'{Shortened(text, TextLengthMax)}'";

    /// <summary>On one line, without control characters: those of a hostile file must not reach a terminal.</summary>
    public static string Printable(string text)
    {
        string shortened = Shortened(text, PrintableLengthMax);
        return shortened.Any(IsUnprintable)
            ? string.Concat(shortened.Select(character => IsUnprintable(character) ? '?' : character))
            : shortened;
    }

    private static string Shortened(string text, int lengthMax) => text.Length > lengthMax ? text[..lengthMax] + "..." : text;

    /// <summary>Surrogates too: one that stands alone cannot be encoded.</summary>
    private static bool IsUnprintable(char character) => char.IsControl(character) || char.IsSurrogate(character) || character is '\u2028' or '\u2029';
}
