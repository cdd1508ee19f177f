namespace Figment.Cli.Output;

/// <summary>A table without boxes: upper-case heads, at least two spaces between columns, nothing after the last.</summary>
internal sealed class ColumnWriter
{
    private const int Gap = 2;

    private readonly string[] _heads;
    private readonly List<(string Text, string? Colour)[]> _rows = [];

    public ColumnWriter(params string[] heads) => _heads = heads;

    /// <param name="cells">One for each head; null is shown as <c>-</c>.</param>
    public void Add(params ReadOnlySpan<string?> cells)
    {
        var row = new (string, string?)[_heads.Length];
        for (int column = 0; column < _heads.Length; column++)
        {
            row[column] = (Clean(cells[column]), null);
        }

        _rows.Add(row);
    }

    /// <summary>Colours a cell of the row added last.</summary>
    public void Colour(int column, string? colour) => _rows[^1][column].Colour = colour;

    public void Write(TextWriter output, Palette palette)
    {
        int[] widths = [.. _heads.Select((head, column) => _rows.Select(row => Width(row[column].Text)).Append(head.Length).Max())];
        output.WriteLine(Line([.. _heads.Select(head => (head, (string?)null))], widths, palette));
        foreach (var row in _rows)
        {
            output.WriteLine(Line(row, widths, palette));
        }
    }

    private static string Line((string Text, string? Colour)[] row, int[] widths, Palette palette)
    {
        var line = new System.Text.StringBuilder();
        for (int column = 0; column < row.Length; column++)
        {
            line.Append(palette.Paint(row[column].Text, row[column].Colour));
            if (column < row.Length - 1)
            {
                line.Append(' ', widths[column] - Width(row[column].Text) + Gap);
            }
        }

        return line.ToString().TrimEnd();
    }

    /// <summary>What others named must not move the cursor or break the line.</summary>
    private static string Clean(string? text) =>
        string.IsNullOrEmpty(text) ? "-" : string.Create(text.Length, text, (span, source) =>
        {
            for (int index = 0; index < source.Length; index++)
            {
                span[index] = char.IsControl(source[index]) ? '?' : source[index];
            }
        });

    /// <summary>Characters as a person counts them; wide ones of East Asia count one, which only moves what follows.</summary>
    private static int Width(string text) => new System.Globalization.StringInfo(text).LengthInTextElements;
}
