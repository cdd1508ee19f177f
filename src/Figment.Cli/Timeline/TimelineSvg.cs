using System.Globalization;
using Figment.Api.Contract;
using Figment.Cli.Output;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Cli.Timeline;

/// <summary>Draws a chart as one SVG element that needs nothing else: a lane a machine, bars for states, marks for wakes, arrows from who caused a wake.</summary>
internal sealed class TimelineSvg
{
    private const double PlotWidth = 1_000;
    private const double LaneHeight = 20;
    private const double BarHeight = 12;
    private const double Top = 78;
    private const double Bottom = 24;
    private const double Margin = 12;
    private const double LetterWidth = 6.6;
    private const int NameLettersMax = 40;
    private const double ColumnWidth = 74;

    /// <summary>Wakes of a lane that lie closer together share a mark.</summary>
    private const double MarkGapMin = 3;

    /// <summary>As <see cref="TimelineChart"/> has of bars; with more, marks are farther apart.</summary>
    private const int MarksMax = 30_000;

    /// <summary>More would hide what is below them.</summary>
    private const int ArrowsMax = 2_000;

    private static readonly string[] Columns = ["RUNNING", "FROZEN", "AT REST", "CPU", "WAKES", "BY CLIENTS"];

    private static readonly MachineState[] Legend =
        [MachineState.Running, MachineState.Frozen, MachineState.Hibernated, MachineState.Starting, MachineState.Waiting, MachineState.Stopping, MachineState.Failed, MachineState.Imaginary, MachineState.Stopped, MachineState.Completed, MachineState.Elsewhere];

    private readonly TimelineChart _chart;
    private readonly TextWriter _out;
    private readonly double _left;
    private readonly double _height;
    private readonly IReadOnlyList<IReadOnlyList<TimelineBar>> _bars;
    private readonly Dictionary<string, int> _rows;
    private readonly IReadOnlyList<List<List<IntervalView>>> _marks;
    private int _arrowsLeftOut;

    /// <param name="chart">What is drawn.</param>
    /// <param name="output">Where to.</param>
    /// <param name="finestPixels">Bars may be that narrow: 1 for a picture, less for one that can be looked at more closely.</param>
    public TimelineSvg(TimelineChart chart, TextWriter output, double finestPixels)
    {
        _chart = chart;
        _out = output;
        _left = Margin + (Math.Clamp(chart.Lanes.Max(lane => lane.Name.Length), 8, NameLettersMax) * LetterWidth) + Margin;
        _height = Top + (chart.Lanes.Count * LaneHeight) + Bottom;
        (_bars, Resolution) = chart.Bars(chart.Span * (finestPixels / PlotWidth));
        MarkGap = MarkGapMin;
        while ((_marks = [.. chart.Lanes.Select(lane => Together(lane.Wakes))]).Sum(lane => lane.Count) > Math.Max(MarksMax, chart.Lanes.Count) && MarkGap < PlotWidth)
        {
            MarkGap *= 2;
        }

        _rows = chart.Lanes.Index().ToDictionary(lane => lane.Item.Name, lane => lane.Index);
    }

    /// <summary>What is shorter is drawn together.</summary>
    public TimeSpan Resolution { get; }

    /// <summary>In pixels: wakes of a lane that lie closer together share a mark, and arrows between the same two machines are drawn once.</summary>
    public double MarkGap { get; }

    public void Write()
    {
        double width = _left + PlotWidth + Margin + (Columns.Length * ColumnWidth);
        Line($"""<svg class="timeline" xmlns="http://www.w3.org/2000/svg" width="{N(width)}" height="{N(_height)}" viewBox="0 0 {N(width)} {N(_height)}" role="img" aria-labelledby="figment-title" data-left="{N(_left)}" data-width="{N(PlotWidth)}" data-from="{Ms(_chart.From)}" data-to="{Ms(_chart.To)}" data-offset="{N(_chart.Local(_chart.From).Offset.TotalMilliseconds)}">""");
        Line($"""<title id="figment-title">{T(_chart.Title)}</title>""");
        Line($"<style>{TimelineResources.ChartStyle}</style>");
        Line($"""<defs><clipPath id="figment-plot"><rect x="{N(_left)}" y="0" width="{N(PlotWidth)}" height="{N(_height)}"/></clipPath></defs>""");
        Line($"""<rect class="paper" width="{N(width)}" height="{N(_height)}"/>""");
        WriteHead();
        WriteLabels();
        Line("""<g clip-path="url(#figment-plot)">""");
        WriteAxis();
        WriteBars();
        WriteArrows();
        WriteMarks();
        Line("</g>");
        if (_arrowsLeftOut > 0)
        {
            Line($"""<text class="note" x="{N(_left)}" y="{N(_height - 6)}">{_arrowsLeftOut} arrows are left out: only the first {ArrowsMax} are drawn</text>""");
        }

        Line("</svg>");
    }

    private void WriteHead()
    {
        Line($"""<text class="title" x="{N(Margin)}" y="18">{T(_chart.Title)}</text>""");
        Line($"""<text class="note" x="{N(Margin)}" y="34">{T($"What is shorter than {TimelineChart.Duration(Resolution)} is drawn together, paler, in the colour of the state that most of it was.")}</text>""");
        double x = Margin;
        Line("""<g class="legend">""");
        foreach (var state in Legend.Where(state => _chart.Lanes.Any(lane => lane.In(state) > TimeSpan.Zero)))
        {
            var (y, height) = Box(state);
            Line($"""<rect class="{Class(state)}" x="{N(x)}" y="{N(42 + y - 4)}" width="16" height="{N(height)}"/><text x="{N(x + 20)}" y="52">{StateText.Word(state)}</text>""");
            x += 20 + (StateText.Word(state).Length * LetterWidth) + Margin;
        }

        foreach (var (kind, text) in Marks.Where(mark => _chart.Lanes.Any(lane => lane.Intervals.Any(interval => interval.IsWake && Mark(interval) == mark.Kind))))
        {
            Line($"""<path class="wake {kind}" transform="translate({N(x + 5)} 52)" d="{Glyph(kind)}"/><text x="{N(x + 14)}" y="52">{text}</text>""");
            x += 14 + (text.Length * LetterWidth) + Margin;
        }

        Line("</g>");
    }

    private void WriteLabels()
    {
        for (int column = 0; column < Columns.Length; column++)
        {
            Line($"""<text class="head" x="{N(ColumnEnd(column))}" y="{N(Top - 4)}">{Columns[column]}</text>""");
        }

        foreach (var (row, lane) in _chart.Lanes.Index())
        {
            double y = Top + (row * LaneHeight);
            if (row % 2 == 0)
            {
                Line($"""<rect class="stripe" x="0" y="{N(y)}" width="100%" height="{N(LaneHeight)}"/>""");
            }

            string name = lane.Name.Length <= NameLettersMax ? lane.Name : lane.Name[..(NameLettersMax - 1)] + "…";
            Line($"""<text class="name" x="{N(Margin)}" y="{N(y + 14)}">{T(name)}<title>{T($"{lane.Name}, service {lane.Service}")}</title></text>""");
            string[] cells =
            [
                TimelineChart.Duration(lane.In(MachineState.Running, MachineState.Starting, MachineState.Stopping)),
                TimelineChart.Duration(lane.In(MachineState.Frozen)),
                TimelineChart.Duration(lane.In(MachineState.Hibernated, MachineState.Imaginary, MachineState.Waiting, MachineState.Stopped, MachineState.Completed, MachineState.Failed, MachineState.Elsewhere)),
                TimelineChart.Duration(TimeSpan.FromSeconds(lane.ProcessorSeconds)),
                lane.Wakes.Count.ToString(CultureInfo.InvariantCulture),
                lane.ClientWakes.ToString(CultureInfo.InvariantCulture),
            ];
            for (int column = 0; column < cells.Length; column++)
            {
                Line($"""<text class="cell" x="{N(ColumnEnd(column))}" y="{N(y + 14)}">{cells[column]}</text>""");
            }
        }
    }

    private void WriteAxis()
    {
        Line("""<g class="axis">""");
        foreach (var (at, text) in TimelineAxis.Ticks(_chart))
        {
            Line($"""<line x1="{N(X(at))}" x2="{N(X(at))}" y1="{N(Top)}" y2="{N(_height - Bottom)}"/><text x="{N(X(at) + 3)}" y="{N(Top - 4)}">{text}</text>""");
        }

        Line("</g>");
    }

    private void WriteBars()
    {
        Line("""<g class="bars">""");
        foreach (var (row, bars) in _bars.Index())
        {
            foreach (var bar in bars)
            {
                var (y, height) = Box(bar.State);
                double width = Math.Max(X(bar.End) - X(bar.Begin), 0.05);
                Line($"""<rect class="{Class(bar.State)}{(bar.Count > 1 ? " many" : "")}" x="{N(X(bar.Begin))}" y="{N(Top + (row * LaneHeight) + y)}" width="{N(width)}" height="{N(height)}"><title>{T(bar.Text)}</title></rect>""");
            }
        }

        Line("</g>");
    }

    private void WriteArrows()
    {
        Line("""<g class="arrows">""");
        int drawn = 0;
        foreach (var (row, lane) in _chart.Lanes.Index())
        {
            var last = new Dictionary<int, double>();
            foreach (var wake in lane.Wakes.Where(wake => wake.Signal?.FromMachine is not null))
            {
                double x = X(wake.Begin);
                if (!_rows.TryGetValue(FromLane(lane, wake.Signal!.FromMachine!), out int from) || from == row || (last.TryGetValue(from, out double before) && x - before < MarkGap))
                {
                    continue;
                }

                last[from] = x;
                if (drawn++ >= ArrowsMax)
                {
                    _arrowsLeftOut++;
                    continue;
                }

                double down = from < row ? 1 : -1;
                double begin = Top + (from * LaneHeight) + (LaneHeight / 2);
                double end = Top + (row * LaneHeight) + (LaneHeight / 2) - (down * BarHeight / 2);
                Line($"""<path data-x="{N(x)}" transform="translate({N(x)} 0)" d="M0 {N(begin)}V{N(end)}M-3 {N(end - (4 * down))}L0 {N(end)}L3 {N(end - (4 * down))}"><title>{T($"{wake.Signal.FromMachine} woke {lane.Name} at {_chart.Moment(wake.Begin)}: {SignalText.Of(wake.Signal, wake.ExitCode)}")}</title></path>""");
            }
        }

        Line("</g>");
    }

    private void WriteMarks()
    {
        Line("""<g class="marks">""");
        foreach (var (row, lane) in _chart.Lanes.Index())
        {
            double y = Top + (row * LaneHeight) + 5;
            foreach (var together in _marks[row])
            {
                string kind = Mark(together[0]);
                string text = together.Count == 1
                    ? $"{lane.Name} woke at {_chart.Moment(together[0].Begin)}: {(together[0].Signal is { } signal ? SignalText.Of(signal) : Word(together[0]))}"
                    : $"{lane.Name} woke {together.Count} times from {_chart.Moment(together[0].Begin)} to {_chart.Moment(together[^1].Begin)}: {string.Join(", ", together.GroupBy(Word).Select(group => $"{group.Count()} {group.Key}"))}";
                Line($"""<path class="wake {kind}" data-x="{N(X(together[0].Begin))}" data-y="{N(y)}" transform="translate({N(X(together[0].Begin))} {N(y)})" d="{Glyph(kind)}"><title>{T(text)}</title></path>""");
            }
        }

        Line("</g>");
    }

    private List<List<IntervalView>> Together(IReadOnlyList<IntervalView> wakes)
    {
        var groups = new List<List<IntervalView>>();
        foreach (var wake in wakes)
        {
            if (groups.Count > 0 && X(wake.Begin) - X(groups[^1][0].Begin) < MarkGap)
            {
                groups[^1].Add(wake);
            }
            else
            {
                groups.Add([wake]);
            }
        }

        return groups;
    }

    private static (string Kind, string Text)[] Marks => [("client", "woken by a client"), ("data", "by data"), ("timer", "by a timer"), ("user", "by the user"), ("other", "otherwise")];

    private static string Mark(IntervalView wake) => wake.Cause switch
    {
        _ when TimelineLane.IsByClient(wake) => "client",
        SignalKind.Data => "data",
        SignalKind.Timer => "timer",
        SignalKind.User => "user",
        _ => "other",
    };

    /// <summary>Kinds differ by shape, not by colour.</summary>
    private static string Glyph(string kind) => kind switch
    {
        "client" => "M-4 -4H4L0 3Z",
        "data" => "M0 -4A4 4 0 1 1 0 4A4 4 0 1 1 0 -4Z",
        "timer" => "M-3 -3H3V3H-3Z",
        "user" => "M0 -4L4 0L0 4L-4 0Z",
        _ => "M-4 0H4M0 -4V4",
    };

    private static string Word(IntervalView wake) => wake.Cause is { } cause ? SignalText.Word(cause) : "unknown";

    /// <summary>A lane of several applications is called <c>app/machine</c>; a cause is of the same application.</summary>
    private static string FromLane(TimelineLane lane, string machine) => lane.Name.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? $"{lane.Name[..slash]}/{machine}" : machine;

    private static string Class(MachineState state) => StateText.Word(state);

    /// <summary>How much there is of a machine is how high its bar is: all, memory only, storage only, next to nothing.</summary>
    private static (double Y, double Height) Box(MachineState state) => state switch
    {
        MachineState.Frozen => ((LaneHeight - 6) / 2, 6),
        MachineState.Hibernated => ((LaneHeight - 4) / 2, 4),
        MachineState.Imaginary or MachineState.Stopped or MachineState.Completed or MachineState.Elsewhere => ((LaneHeight - 2) / 2, 2),
        _ => ((LaneHeight - BarHeight) / 2, BarHeight),
    };

    private static string Ms(DateTimeOffset at) => N((at - DateTimeOffset.UnixEpoch).TotalMilliseconds);

    private static string N(double number) => Markup.Number(number);

    private static string T(string text) => Markup.Text(text);

    private double ColumnEnd(int column) => _left + PlotWidth + ((column + 1) * ColumnWidth);

    private double X(DateTimeOffset at) => _left + (PlotWidth * ((at - _chart.From) / _chart.Span));

    private void Line(string line) => _out.Write(line + "\n");
}
