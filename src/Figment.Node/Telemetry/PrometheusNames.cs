using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Figment.Node.Telemetry;

/// <summary>
/// From OpenTelemetry's names to Prometheus': dots become underscores, the unit and, for counters, <c>_total</c> are put behind. <c>_count</c> belongs to histograms there, so that <c>x.count</c> becomes the plural <c>xs</c>.
/// </summary>
internal static class PrometheusNames
{
    private const string CountSuffix = "_count";

    public static string Of(Instrument instrument, bool isCounter)
    {
        string name = Clean(instrument.Name);
        if (name.EndsWith(CountSuffix, StringComparison.Ordinal))
        {
            string one = name[..^CountSuffix.Length];
            name = one.EndsWith('y') ? one[..^1] + "ies" : one + "s";
        }

        string unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            "1" when !isCounter => "_ratio",
            _ => "",
        };
        name = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        return isCounter ? name + "_total" : name;
    }

    /// <summary>A metric's or label's name: letters, digits and underscores.</summary>
    public static string Clean(string name) => string.Create(name.Length, name, (span, source) =>
    {
        for (int index = 0; index < source.Length; index++)
        {
            span[index] = char.IsAsciiLetterOrDigit(source[index]) ? source[index] : '_';
        }
    });

    /// <summary><c>{a="1",b="2"}</c>, or nothing. What stands in values is escaped: it comes from Compose files.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder("{");
        foreach (var (name, value) in tags)
        {
            text.Append(text.Length > 1 ? "," : "").Append(Clean(name)).Append("=\"");
            Escape(text, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", quotes: true);
            text.Append('"');
        }

        return text.Append('}').ToString();
    }

    public static void Escape(StringBuilder text, string value, bool quotes)
    {
        foreach (char letter in value)
        {
            _ = letter switch
            {
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '"' when quotes => text.Append("\\\""),
                _ => text.Append(letter),
            };
        }
    }

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
