using System.Text;
using Figment.Compose.Diagnostics;
using Figment.Compose.Interpolation;
using Figment.Compose.Yaml;

namespace Figment.Compose.Variables;

/// <summary>
/// Reads files of variables as docker compose does: <c>NAME=value</c>, comments, <c>export</c>, single quotes (literal, may span lines),
/// double quotes (escapes and variables, may span lines), bare values (variables; end at <c> #</c>). Values never stand in messages: they may be secrets.
/// </summary>
internal sealed class DotEnv
{
    private readonly string _file;
    private readonly string _text;
    private readonly Func<string, string?> _outer;
    private readonly TextBudget _budget;
    private readonly DiagnosticSink _sink;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private int _at;
    private int _line = 1;

    private DotEnv(string file, string text, Func<string, string?> outer, TextBudget budget, DiagnosticSink sink)
    {
        _file = file;
        _text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        _outer = outer;
        _budget = budget;
        _sink = sink;
    }

    /// <summary>In the order of the file, each name once, the last value winning.</summary>
    /// <param name="file">For messages.</param>
    /// <param name="text">The file.</param>
    /// <param name="outer">Variables that win over the file's own when values refer to some; also the value of a name that stands alone.</param>
    /// <param name="budget">Bounds what values may expand to.</param>
    /// <param name="sink">For what is wrong.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(string file, string text, Func<string, string?> outer, TextBudget budget, DiagnosticSink sink)
    {
        var reader = new DotEnv(file, text, outer, budget, sink);
        while (reader.ReadEntry())
        {
        }

        return reader.Result();
    }

    /// <summary><c>format: raw</c>: everything after the first <c>=</c> of a line is the value as it stands.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ReadRaw(string file, string text, DiagnosticSink sink)
    {
        var reader = new DotEnv(file, text, _ => null, new TextBudget(0), sink);
        foreach ((int index, string line) in reader._text.Split('\n').Index())
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line.TrimStart() is { Length: > 0 } trimmed && trimmed[0] != '#')
            {
                if (equals <= 0)
                {
                    sink.Error(new Place(file, index + 1, 1), string.Empty, "expected NAME=value");
                    break;
                }

                reader.Set(line[..equals].Trim(), line[(equals + 1)..]);
            }
        }

        return reader.Result();
    }

    private List<KeyValuePair<string, string>> Result() => [.. _order.Select(name => KeyValuePair.Create(name, _values[name]))];

    private void Set(string name, string value)
    {
        if (!_values.ContainsKey(name))
        {
            _order.Add(name);
        }

        _values[name] = value;
    }

    /// <summary>False at the end, or at an error: what follows one would be guesswork.</summary>
    private bool ReadEntry()
    {
        SkipBlank();
        if (_at >= _text.Length)
        {
            return false;
        }

        if (_text.AsSpan(_at).StartsWith("export ") || _text.AsSpan(_at).StartsWith("export\t"))
        {
            _at += "export ".Length;
            SkipSpaces();
        }

        Place place = new(_file, _line, 1);
        string name = ReadName();
        SkipSpaces();
        char separator = Peek();
        if (name.Length == 0 || separator is not ('=' or ':' or '\n' or '\0'))
        {
            _sink.Error(place, string.Empty, "expected NAME=value", "names are made of letters, digits, '_', '.' and '-'");
            return false;
        }

        if (separator is '\n' or '\0')
        {
            if (_outer(name) is { } inherited)
            {
                Set(name, inherited);
            }

            return true;
        }

        _at++;
        SkipSpaces();
        try
        {
            return ReadValue(name, place);
        }
        catch (TemplateFault fault)
        {
            _sink.Error(place, name, fault.Message, fault.Hint);
            return false;
        }
    }

    private bool ReadValue(string name, Place place)
    {
        char quote = Peek();
        if (quote is not ('"' or '\''))
        {
            int end = _text.IndexOf('\n', _at);
            string line = _text[_at..(end < 0 ? _text.Length : end)];
            _at += line.Length;
            Set(name, Expand(WithoutComment(line).Trim()));
            return true;
        }

        _at++;
        var value = new StringBuilder();
        for (; _at < _text.Length && _text[_at] != quote; _at++)
        {
            if (_text[_at] == '\n')
            {
                _line++;
            }

            if (_text[_at] == '\\' && quote == '"' && _at + 1 < _text.Length)
            {
                _at++;
                AppendEscape(value, _text[_at]);
            }
            else
            {
                value.Append(_text[_at]);
            }
        }

        if (_at >= _text.Length)
        {
            _sink.Error(place, name, $"the quote {quote} that opens the value is never closed");
            return false;
        }

        _at++;
        SkipSpaces();
        if (Peek() is not ('\n' or '\0' or '#'))
        {
            _sink.Error(new Place(_file, _line, 1), name, "text stands after the closing quote");
            return false;
        }

        SkipLine();
        Set(name, quote == '"' ? Expand(value.ToString()) : value.ToString());
        return true;
    }

    private void AppendEscape(StringBuilder value, char escaped)
    {
        switch (escaped)
        {
            case 'n':
                value.Append('\n');
                break;
            case 'r':
                value.Append('\r');
                break;
            case 't':
                value.Append('\t');
                break;
            case '"' or '\\':
                value.Append(escaped);
                break;
            case '$':
                // Two: the variables of the value are expanded afterwards, and "$$" is one dollar sign there.
                value.Append("$$");
                break;
            case '\n':
                _line++;
                value.Append("\\\n");
                break;
            default:
                value.Append('\\').Append(escaped);
                break;
        }
    }

    private string Expand(string value) => Template.Expand(value, name => _outer(name) ?? _values.GetValueOrDefault(name), _ => { }, _budget);

    private static string WithoutComment(string line)
    {
        for (int index = 0; index < line.Length; index++)
        {
            if (line[index] == '#' && (index == 0 || char.IsWhiteSpace(line[index - 1])))
            {
                return line[..index];
            }
        }

        return line;
    }

    private string ReadName()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.' or '-' or '[' or ']'))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private void SkipBlank()
    {
        while (_at < _text.Length)
        {
            if (_text[_at] == '#')
            {
                SkipLine();
            }
            else if (char.IsWhiteSpace(_text[_at]))
            {
                _line += _text[_at] == '\n' ? 1 : 0;
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private void SkipLine()
    {
        int end = _text.IndexOf('\n', _at);
        _at = end < 0 ? _text.Length : end;
    }

    private void SkipSpaces()
    {
        while (Peek() is ' ' or '\t' or '\r')
        {
            _at++;
        }
    }

    private char Peek() => _at < _text.Length ? _text[_at] : '\0';
}
