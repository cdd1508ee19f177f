using System.Text;

namespace Figment.Compose.Reading;

/// <summary>Splits a command written as one string into words by the shell's quoting rules; nothing is expanded and nothing is special but quotes, backslashes and blanks.</summary>
internal static class ShellWords
{
    /// <summary>Null: a quote is not closed, or the text ends with a backslash.</summary>
    public static IReadOnlyList<string>? Split(string text)
    {
        List<string> words = [];
        var word = new StringBuilder();
        bool inWord = false;
        for (int at = 0; at < text.Length; at++)
        {
            char character = text[at];
            if (character is ' ' or '\t' or '\n' or '\r')
            {
                if (inWord)
                {
                    words.Add(word.ToString());
                    word.Clear();
                    inWord = false;
                }

                continue;
            }

            inWord = true;
            if (character == '\\')
            {
                if (++at >= text.Length)
                {
                    return null;
                }

                if (text[at] != '\n')
                {
                    word.Append(text[at]);
                }
            }
            else if (character is '\'' or '"')
            {
                at = ReadQuoted(text, at, word);
                if (at < 0)
                {
                    return null;
                }
            }
            else
            {
                word.Append(character);
            }
        }

        if (inWord)
        {
            words.Add(word.ToString());
        }

        return words;
    }

    /// <summary>Returns the place of the closing quote, or -1.</summary>
    private static int ReadQuoted(string text, int start, StringBuilder word)
    {
        char quote = text[start];
        for (int at = start + 1; at < text.Length; at++)
        {
            if (text[at] == quote)
            {
                return at;
            }

            if (quote == '"' && text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '"' or '\\' or '$' or '`' or '\n')
            {
                at++;
                if (text[at] != '\n')
                {
                    word.Append(text[at]);
                }

                continue;
            }

            word.Append(text[at]);
        }

        return -1;
    }
}
