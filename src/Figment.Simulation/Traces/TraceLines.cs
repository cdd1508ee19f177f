using System.Globalization;
using System.Text;

namespace Figment.Simulation.Traces;

/// <summary>The lines of a trace that say something: not empty, and no comment. Knows where it is.</summary>
internal sealed class TraceLines(string file, TextReader text)
{
    private const decimal UsInSecond = 1_000_000;
    private const decimal UsInMs = 1_000;

    private readonly StringBuilder _buffer = new();
    private string? _peeked;
    private int _number;

    /// <summary>The first one, which is read again by <see cref="Next"/>.</summary>
    public string? First() => _peeked = Next();

    public string? Next()
    {
        if (_peeked is { } peeked)
        {
            _peeked = null;
            return peeked;
        }

        while (ReadLine() is { } line)
        {
            string trimmed = (_number == 1 ? line.TrimStart('\uFEFF') : line).Trim();
            if (trimmed.Length > 0 && trimmed[0] != '#')
            {
                return trimmed;
            }
        }

        return null;
    }

    public TraceException Wrong(string what) => new($"{file}:{Math.Max(1, _number)}: {what}");

    public void Bound(int requests)
    {
        if (requests >= TraceLimits.RequestsMax)
        {
            throw Wrong($"a trace has at most {TraceLimits.RequestsMax} requests; take a part of it");
        }
    }

    /// <summary>Seconds as microseconds.</summary>
    public long Seconds(ReadOnlySpan<char> text, string column) => Number(text, column, "seconds", TraceLimits.AtSecondsMax, UsInSecond);

    /// <summary>Milliseconds as microseconds.</summary>
    public long Milliseconds(ReadOnlySpan<char> text, string column) => Number(text, column, "milliseconds", TraceLimits.DurationMsMax, UsInMs);

    public string Name(string text, string column) =>
        text.Length is > 0 and <= TraceLimits.NameCharactersMax && !text.Any(char.IsControl) ? text : throw Wrong($"{column} is a name of 1 to {TraceLimits.NameCharactersMax} characters");

    private long Number(ReadOnlySpan<char> text, string column, string unit, long max, decimal us)
    {
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out decimal number) && number >= 0 && number <= max
            ? (long)Math.Round(number * us)
            : throw Wrong($"{column} is a number of {unit} from 0 to {max}, not '{(text.Length > 40 ? text[..40] : text)}'");
    }

    /// <summary>As <see cref="TextReader.ReadLine"/>, but never a line without end.</summary>
    private string? ReadLine()
    {
        _buffer.Clear();
        int character = text.Read();
        if (character < 0)
        {
            return null;
        }

        _number++;
        for (; character is >= 0 and not '\n'; character = text.Read())
        {
            if (_buffer.Length >= TraceLimits.LineCharactersMax)
            {
                throw Wrong($"a line has at most {TraceLimits.LineCharactersMax} characters");
            }

            _buffer.Append((char)character);
        }

        return _buffer.ToString();
    }
}
