using System.Text;

namespace Figment.Compose.Interpolation;

/// <summary>Expands <c>$VAR</c>, <c>${VAR}</c> and its forms with <c>:-  -  :?  ?  :+  +</c>; <c>$$</c> is one dollar sign (Compose Specification, "interpolation").</summary>
internal sealed class Template
{
    private readonly string _text;
    private readonly Func<string, string?> _lookUp;
    private readonly Action<string> _onUnset;
    private readonly TextBudget _budget;
    private int _at;

    private Template(string text, Func<string, string?> lookUp, Action<string> onUnset, TextBudget budget)
    {
        _text = text;
        _lookUp = lookUp;
        _onUnset = onUnset;
        _budget = budget;
    }

    /// <param name="text">The text as written.</param>
    /// <param name="lookUp">A variable's value, or null if it is not set.</param>
    /// <param name="onUnset">Told of each variable that is not set and has no default: it counts as empty.</param>
    /// <param name="budget">Bounds what is made.</param>
    /// <exception cref="TemplateFault">The text is malformed, a required variable is missing, or the result is too much.</exception>
    public static string Expand(string text, Func<string, string?> lookUp, Action<string> onUnset, TextBudget budget)
    {
        if (!text.Contains('$', StringComparison.Ordinal))
        {
            return text;
        }

        var template = new Template(text, lookUp, onUnset, budget);
        var result = new StringBuilder();
        template.Read(result, nested: false, depth: 0);
        return result.ToString();
    }

    /// <summary>Reads up to the end, or in a nested text to its closing brace, which it leaves. A null <paramref name="result"/> only skips.</summary>
    private void Read(StringBuilder? result, bool nested, int depth)
    {
        if (depth > ComposeLimits.InterpolationDepthMax)
        {
            throw new TemplateFault($"defaults stand more than {ComposeLimits.InterpolationDepthMax} deep within defaults");
        }

        while (_at < _text.Length)
        {
            char character = _text[_at];
            if (nested && character == '}')
            {
                return;
            }

            _at++;
            if (character != '$')
            {
                Append(result, character);
            }
            else if (_at < _text.Length && _text[_at] == '$')
            {
                _at++;
                Append(result, '$');
            }
            else if (_at < _text.Length && _text[_at] == '{')
            {
                ReadBraces(result, depth);
            }
            else
            {
                string name = ReadName();
                if (name.Length == 0)
                {
                    throw new TemplateFault("a '$' that begins no variable", "write '$$' for a dollar sign");
                }

                Append(result, result is null ? string.Empty : ValueOrEmpty(name));
            }
        }

        if (nested)
        {
            throw new TemplateFault("'${' without its '}'", "write '$$' for a dollar sign");
        }
    }

    private void ReadBraces(StringBuilder? result, int depth)
    {
        _at++;
        string name = ReadName();
        if (name.Length == 0)
        {
            throw new TemplateFault("'${' is not followed by a variable's name", "write '$$' for a dollar sign");
        }

        if (_at >= _text.Length)
        {
            throw new TemplateFault("'${' without its '}'", "write '$$' for a dollar sign");
        }

        if (_text[_at] == '}')
        {
            _at++;
            Append(result, result is null ? string.Empty : ValueOrEmpty(name));
            return;
        }

        bool emptyIsUnset = _text[_at] == ':';
        _at += emptyIsUnset ? 1 : 0;
        char form = _at < _text.Length ? _text[_at] : '\0';
        if (form is not ('-' or '?' or '+'))
        {
            throw new TemplateFault($"after '${{{name}' stands neither '}}' nor one of :- - :? ? :+ +", "write '$$' for a dollar sign");
        }

        _at++;
        string? value = _lookUp(name);
        bool present = value is not null && !(emptyIsUnset && value.Length == 0);
        bool useRest = form == '+' ? present : !present;
        if (form == '?')
        {
            ReadRequired(result, name, value, present, depth);
        }
        else
        {
            Read(useRest ? result : null, nested: true, depth + 1);
            if (form == '-' && present)
            {
                Append(result, value!);
            }
        }

        _at++;
    }

    private void ReadRequired(StringBuilder? result, string name, string? value, bool present, int depth)
    {
        var message = new StringBuilder();
        Read(present || result is null ? null : message, nested: true, depth + 1);
        if (present)
        {
            Append(result, value!);
        }
        else if (result is not null)
        {
            string state = value is null ? "is not set" : "is empty";
            throw new TemplateFault(message.Length == 0 ? $"the required variable {name} {state}" : $"the required variable {name} {state}: {message}");
        }
    }

    private string ReadName()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsAsciiLetter(_text[_at]) || _text[_at] == '_' || (_at > start && char.IsAsciiDigit(_text[_at]))))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private string ValueOrEmpty(string name)
    {
        string? value = _lookUp(name);
        if (value is null)
        {
            _onUnset(name);
        }

        return value ?? string.Empty;
    }

    private void Append(StringBuilder? result, char character)
    {
        if (result is not null)
        {
            Take(1);
            result.Append(character);
        }
    }

    private void Append(StringBuilder? result, string text)
    {
        if (result is not null)
        {
            Take(text.Length);
            result.Append(text);
        }
    }

    private void Take(int characters)
    {
        if (!_budget.Take(characters))
        {
            throw new TemplateFault($"interpolation makes more than {ComposeLimits.InterpolatedCharactersMax} characters");
        }
    }
}
