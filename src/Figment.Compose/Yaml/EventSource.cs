using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Figment.Compose.Yaml;

/// <summary>The library's parser, with all of its faults turned into <see cref="YamlFault"/>: the one place where they are caught.</summary>
internal sealed class EventSource
{
    private readonly string _file;
    private readonly Parser _parser;

    public EventSource(string file, string text)
    {
        _file = file;
        _parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
        Next();
    }

    /// <summary>Null at the end.</summary>
    public ParsingEvent? Current { get; private set; }

    public void Next()
    {
        try
        {
            Current = _parser.MoveNext() ? _parser.Current : null;
        }
        catch (YamlException exception)
        {
            throw new YamlFault(PlaceOf(exception.Start), $"not valid YAML: {FirstLine(exception.InnerException?.Message ?? exception.Message)}");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Version 18.1 throws InvalidOperationException and others for some malformed text; what it throws is its affair, that it is malformed is ours.
            throw new YamlFault(Current is null ? new Place(_file, 1, 1) : PlaceOf(Current.End), "not valid YAML: the text after this place cannot be understood");
        }
    }

    public Place PlaceOf(Mark mark) => new(_file, (int)Math.Min(mark.Line, int.MaxValue), (int)Math.Min(mark.Column, int.MaxValue));

    private static string FirstLine(string message)
    {
        int end = message.AsSpan().IndexOfAny('\r', '\n');
        return (end < 0 ? message : message[..end]).TrimEnd('.');
    }
}
