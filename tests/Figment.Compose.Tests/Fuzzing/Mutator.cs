using System.Text;

namespace Figment.Compose.Tests.Fuzzing;

/// <summary>Changes a text in ways that keep most of its structure.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<string> tokens)
{
    /// <summary>Mutations multiply text; beyond this an input only repeats itself.</summary>
    private const int LengthMax = 64 * 1024;

    public string Mutate(string text, string donor)
    {
        string result = text;
        for (int count = random.Next(3) > 0 ? 1 : random.Next(2, 7); count > 0; count--)
        {
            result = Once(result, donor);
        }

        return result.Length > LengthMax ? result[..LengthMax] : result;
    }

    private string Once(string text, string donor)
    {
        List<string> lines = [.. text.Split('\n')];
        int line = random.Next(lines.Count);
        switch (random.Next(12))
        {
            case 0:
                lines.RemoveAt(line);
                break;
            case 1:
                lines.Insert(line, lines[line]);
                break;
            case 2:
                int other = random.Next(lines.Count);
                (lines[line], lines[other]) = (lines[other], lines[line]);
                break;
            case 3:
                lines[line] = new string(' ', random.Next(1, 5)) + lines[line];
                break;
            case 4:
                lines[line] = lines[line].StartsWith(' ') ? lines[line][Math.Min(2, lines[line].Length)..] : lines[line];
                break;
            case 5:
                return Insert(text, Token());
            case 6:
                lines[line] = ReplaceValue(lines[line], Token());
                break;
            case 7:
                string[] donated = donor.Split('\n');
                int start = random.Next(donated.Length);
                lines.InsertRange(line, donated.Skip(start).Take(random.Next(1, 12)));
                break;
            case 8:
                return text.Length == 0 ? text : text.Remove(random.Next(text.Length), 1);
            case 9:
                return text[..random.Next(text.Length + 1)];
            case 10:
                return Insert(text, ((char)random.Next(1, random.Next(2) == 0 ? 128 : 0xFFFE)).ToString());
            default:
                lines[line] = ReplaceValue(lines[line], donor.Split('\n')[random.Next(donor.Count(character => character == '\n') + 1)].TrimStart());
                break;
        }

        return string.Join('\n', lines);
    }

    /// <summary>Bytes that are no text, or text with some bytes changed.</summary>
    public byte[] Bytes(string text)
    {
        if (random.Next(4) == 0)
        {
            byte[] noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            return noise;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int count = random.Next(1, 5); count > 0 && bytes.Length > 0; count--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private string Token() => tokens[random.Next(tokens.Count)];

    private string Insert(string text, string inserted) => text.Insert(random.Next(text.Length + 1), inserted);

    private static string ReplaceValue(string line, string value)
    {
        int colon = line.IndexOf(": ", StringComparison.Ordinal);
        int dash = line.IndexOf("- ", StringComparison.Ordinal);
        int at = colon >= 0 ? colon + 2 : dash >= 0 ? dash + 2 : line.Length;
        return line[..at] + value;
    }
}
