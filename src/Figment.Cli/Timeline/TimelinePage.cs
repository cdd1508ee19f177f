using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Figment.Cli.Output;
using Figment.Model.States;

namespace Figment.Cli.Timeline;

/// <summary>The chart as a page of its own: nothing is fetched, and it may fetch nothing.</summary>
internal static class TimelinePage
{
    /// <summary>A page can be looked at eight times as closely before what is drawn together is seen to be.</summary>
    private const double FinestPixels = 0.125;

    public static void Write(TimelineChart chart, TextWriter output)
    {
        var svg = new TimelineSvg(chart, output, FinestPixels);
        Line("<!doctype html>");
        Line("""<html lang="en">""");
        Line("""<meta charset="utf-8">""");
        Line($"""<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src {Hash(TimelineResources.PageStyle)} {Hash(TimelineResources.ChartStyle)}; script-src {Hash(TimelineResources.PageScript)}">""");
        Line("""<meta name="viewport" content="width=device-width, initial-scale=1">""");
        Line($"<title>{Markup.Text(chart.Title)}</title>");
        Line($"<style>{TimelineResources.PageStyle}</style>");
        Line("""<div class="tools"><button id="closer" type="button">closer (+)</button><button id="wider" type="button">wider (-)</button><button id="whole" type="button">whole (0)</button><span id="shown"></span><span class="about">drag or arrow keys to move, double click or Ctrl with the wheel to look closer</span></div>""");
        Line("""<div class="chart">""");
        svg.Write();
        Line("</div>");
        Line($"""<p class="about">{Markup.Text($"One lane a machine. A mark is a wake, an arrow leads from the machine whose doing it was. Bars of states shorter than {TimelineChart.Duration(svg.Resolution)} are drawn together; wakes that lie closer than {Markup.Number(svg.MarkGap)} pixels share a mark. Connections to a machine that runs are not in it: they pass by Figment. Times are local; the title has them in UTC.")}</p>""");
        WriteTotals(chart, output);
        Line("""<div id="tip" role="status"></div>""");
        Line($"<script>{TimelineResources.PageScript}</script>");
        Line("</html>");

        void Line(string line) => output.Write(line + "\n");
    }

    private static void WriteTotals(TimelineChart chart, TextWriter output)
    {
        MachineState[] states = [.. Enum.GetValues<MachineState>().Where(state => chart.Lanes.Any(lane => lane.In(state) > TimeSpan.Zero))];
        output.Write("<details open><summary>Totals</summary>\n<table>\n<tr><th>machine<th>service");
        output.Write(string.Concat(states.Select(state => $"<th>{StateText.Word(state)}, s")));
        output.Write("<th>processor, s<th>wakes<th>by clients</tr>\n");
        foreach (var lane in chart.Lanes)
        {
            output.Write($"<tr><td>{Markup.Text(lane.Name)}<td>{Markup.Text(lane.Service)}");
            output.Write(string.Concat(states.Select(state => $"<td>{Seconds(lane.In(state).TotalSeconds)}")));
            output.Write($"<td>{Seconds(lane.ProcessorSeconds)}<td>{lane.Wakes.Count}<td>{lane.ClientWakes}</tr>\n");
        }

        output.Write("<tr><td>all<td>");
        output.Write(string.Concat(states.Select(state => $"<td>{Seconds(chart.Lanes.Sum(lane => lane.In(state).TotalSeconds))}")));
        output.Write($"<td>{Seconds(chart.Lanes.Sum(lane => lane.ProcessorSeconds))}<td>{chart.Lanes.Sum(lane => lane.Wakes.Count)}<td>{chart.Lanes.Sum(lane => lane.ClientWakes)}</tr>\n</table>\n</details>\n");
    }

    /// <summary>Only this very text may be a style or script of the page (Content Security Policy Level 3, 2.3.1).</summary>
    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Seconds(double seconds) => seconds.ToString("0.000", CultureInfo.InvariantCulture);
}
