using System.Text;
using Figment.Compose.Diagnostics;
using Figment.Compose.Interpolation;
using Figment.Compose.Yaml;

namespace Figment.Compose.Files;

/// <summary>Files as text, within the limits of one load.</summary>
internal sealed class FileReader(IComposeFiles files, DiagnosticSink sink)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly TextBudget _yaml = new(ComposeLimits.YamlBytesMax);
    private readonly TextBudget _environment = new(ComposeLimits.EnvironmentBytesMax);
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private int _filesRead;

    public string CurrentDirectory => files.CurrentDirectory;

    public bool Exists(string path) => files.Exists(path);

    public string Display(string path) => ComposePath.Display(path, files.CurrentDirectory);

    /// <summary>Null if it cannot be read, which has then been reported where it was asked for.</summary>
    public string? ReadCompose(string path, Place askedAt, string askedPath)
    {
        if (++_filesRead > ComposeLimits.FilesMax)
        {
            sink.Error(askedAt, askedPath, $"more than {ComposeLimits.FilesMax} Compose files are read");
            return null;
        }

        return Read(path, "Compose file", _yaml, askedAt, askedPath);
    }

    public string? ReadVariables(string path, Place askedAt, string askedPath) => Read(path, "environment file", _environment, askedAt, askedPath);

    private string? Read(string path, string what, TextBudget budget, Place askedAt, string askedPath)
    {
        if (!_texts.TryGetValue(path, out string? text))
        {
            FileContent content = files.Read(path, (int)Math.Min(budget.Left, int.MaxValue));
            if (content.Bytes is null)
            {
                sink.Error(askedAt, askedPath, $"cannot read the {what} {Quote.Text(Display(path))}: {content.Failure}");
                return null;
            }

            text = Decode(path, content.Bytes);
            if (text is null)
            {
                return null;
            }

            _texts.Add(path, text);
        }

        if (!budget.Take(text.Length))
        {
            sink.Error(askedAt, askedPath, $"cannot read the {what} {Quote.Text(Display(path))}: all together are larger than what one application may have");
            return null;
        }

        return text;
    }

    private string? Decode(string path, byte[] bytes)
    {
        ReadOnlySpan<byte> text = bytes;
        if (text.StartsWith("\uFEFF"u8))
        {
            text = text[3..];
        }

        int zero = text.IndexOf((byte)0);
        if (zero >= 0)
        {
            sink.Error(new Place(Display(path), 1 + text[..zero].Count((byte)'\n'), 0), string.Empty, "the text has a zero byte");
            return null;
        }

        try
        {
            return StrictUtf8.GetString(text);
        }
        catch (DecoderFallbackException exception)
        {
            int line = 1 + text[..Math.Clamp(exception.Index, 0, text.Length)].Count((byte)'\n');
            sink.Error(new Place(Display(path), line, 0), string.Empty, "the text is not valid UTF-8");
            return null;
        }
    }
}
