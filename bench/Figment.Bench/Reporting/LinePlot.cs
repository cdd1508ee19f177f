using System.Net;
using System.Text;

namespace Figment.Bench.Reporting;

/// <summary>A plot of lines over one axis, as SVG that a browser shows by itself.</summary>
internal sealed record LinePlot
{
    private const int Width = 820;
    private const int Height = 400;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 76;
    private const int Bottom = 52;

    /// <summary>About so many lines of the grid each way.</summary>
    private const int Ticks = 6;

    /// <summary>Told apart without seeing red and green (Okabe and Ito), and drawn in this order.</summary>
    private static readonly string[] Colours = ["#7f7f7f", "#0072b2", "#d55e00", "#009e73"];

    public required string Title { get; init; }

    public required string XLabel { get; init; }

    public required string YLabel { get; init; }

    /// <summary>Where a dashed line stands.</summary>
    public required double XMark { get; init; }

    public required IReadOnlyList<LineSeries> Series { get; init; }

    public string ToSvg()
    {
        var points = Series.SelectMany(series => series.Points).ToList();
        double xLow = Math.Floor(points.Min(point => point.X));
        double xHigh = Math.Ceiling(points.Max(point => point.X));
        double yStep = Step(points.Max(point => point.Y));
        double yHigh = Math.Ceiling(points.Max(point => point.Y) / yStep) * yStep;
        double X(double value) => Left + ((value - xLow) / (xHigh - xLow) * (Width - Left - Right));
        double Y(double value) => Height - Bottom - (value / yHigh * (Height - Top - Bottom));

        var svg = new StringBuilder();
        void Line(FormattableString line) => svg.Append(FormattableString.Invariant(line)).Append('\n');
        Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">");
        Line($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
        Line($"<text x=\"{Left}\" y=\"26\" font-size=\"16\">{WebUtility.HtmlEncode(Title)}</text>");
        for (double tick = 0; tick <= yHigh; tick += yStep)
        {
            Line($"<path d=\"M{Left} {Y(tick):F1}H{Width - Right}\" stroke=\"#e4e4e4\"/><text x=\"{Left - 8}\" y=\"{Y(tick) + 4:F1}\" text-anchor=\"end\">{tick:G6}</text>");
        }

        double xStep = Step(xHigh - xLow);
        for (double tick = (Math.Ceiling(xLow / xStep) * xStep) + 0.0; tick <= xHigh; tick += xStep)
        {
            Line($"<path d=\"M{X(tick):F1} {Height - Bottom}v5\" stroke=\"#222\"/><text x=\"{X(tick):F1}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{tick:G6}</text>");
        }

        Line($"<path d=\"M{X(XMark):F1} {Top}V{Height - Bottom}\" stroke=\"#222\" stroke-dasharray=\"4 4\"/>");
        Line($"<path d=\"M{Left} {Height - Bottom}H{Width - Right}\" stroke=\"#222\"/>");
        Line($"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 12}\" text-anchor=\"middle\">{WebUtility.HtmlEncode(XLabel)}</text>");
        Line($"<text transform=\"translate(18 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">{WebUtility.HtmlEncode(YLabel)}</text>");
        for (int index = 0; index < Series.Count; index++)
        {
            LineSeries series = Series[index];
            string colour = Colours[index % Colours.Length];
            string path = string.Join(' ', series.Points.Select(point => FormattableString.Invariant($"{X(point.X):F1},{Y(point.Y):F1}")));
            int key = Left + (index * 190);
            Line($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-linejoin=\"round\"/>");
            Line($"<path d=\"M{key} 50h26\" stroke=\"{colour}\" stroke-width=\"3\"/><text x=\"{key + 32}\" y=\"54\">{WebUtility.HtmlEncode(series.Name)}</text>");
        }

        svg.Append("</svg>\n");
        return svg.ToString();
    }

    /// <summary>1, 2 or 5 times a power of ten.</summary>
    private static double Step(double span)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(span / Ticks)));
        return power * ((span / Ticks / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
    }
}
