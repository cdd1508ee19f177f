using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Figment.Cli.Timeline;

namespace Figment.Cli.Tests;

public sealed partial class TimelineTests : IDisposable
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-timeline-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_picture_is_as_approved()
    {
        await using var daemon = await Daemon.StartAsync();

        Assert.Equal((0, "wakes.svg\n"), await RunAsync(daemon, "--output", "wakes.svg"));

        Assert.Contains("GET /v1/applications/guestbook/timeline?since=2026-03-01T13%3A05%3A00.0000000%2B00%3A00&until=2026-03-01T14%3A05%3A00.0000000%2B00%3A00", daemon.Seen);
        Approval.CheckFile(Approval.RepositoryFile("tests", "Figment.Cli.Tests", "Approved", "timeline.svg"), await File.ReadAllTextAsync(Path.Combine(_folder, "wakes.svg")));
    }

    [Fact]
    public async Task A_picture_is_XML_whose_bars_tile_each_lane_and_whose_arrows_lead_from_cause_to_effect()
    {
        await using var daemon = await Daemon.StartAsync();
        Assert.Equal(0, (await RunAsync(daemon, "-o", "a.svg")).Code);
        var picture = XDocument.Load(Path.Combine(_folder, "a.svg"));

        var lanes = Group(picture, "bars").Elements(Svg + "rect").GroupBy(bar => Math.Floor((Number(bar, "y") - 78) / 20)).ToList();
        Assert.Equal(3, lanes.Count);
        Assert.All(lanes, lane => Assert.InRange(lane.Sum(bar => Number(bar, "width")), 999.5, 1000.5));
        var arrows = Group(picture, "arrows").Elements(Svg + "path").Select(arrow => arrow.Element(Svg + "title")!.Value).ToList();
        Assert.Equal(["front-1 woke web-1 at 14:03:22.060: connection to 8000/tcp from front-1 (10.210.0.4:5000)", "web-1 woke redis-1 at 14:03:22.200: connection to 6379/tcp from web-1 (10.210.0.3:41822)"], arrows);
        Assert.Equal(5, Group(picture, "marks").Elements().Count());
        Assert.Contains(picture.Descendants(Svg + "text"), text => text.Value.StartsWith("What is shorter than ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_others_wrote_stays_text()
    {
        await using var daemon = await Daemon.StartAsync();
        Assert.Equal(0, (await RunAsync(daemon, "-o", "a.html")).Code);
        string page = await File.ReadAllTextAsync(Path.Combine(_folder, "a.html"));

        Assert.Single(Script().Matches(page));
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;/title&gt;&lt;script&gt;document.title", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain(Address().Matches(page), match => match.Value != Svg.NamespaceName);
    }

    [Fact]
    public async Task Totals_are_those_of_the_time_that_is_shown()
    {
        await using var daemon = await Daemon.StartAsync();
        Assert.Equal(0, (await RunAsync(daemon, "--since", "2026-03-01T14:03:28Z", "--until", "2026-03-01T14:03:58Z", "-o", "a.html")).Code);
        string page = await File.ReadAllTextAsync(Path.Combine(_folder, "a.html"));

        // 6 s of 11.95 s with 0.08 s of a processor, and all but 6 s of 12 s with 0.012 s.
        Assert.Contains("<tr><td>front-1<td>front<td>12.000<td>18.000<td>0.000<td>0.046<td>1<td>1</tr>", page, StringComparison.Ordinal);
        Assert.Contains("<th>running, s<th>frozen, s<th>failed, s", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Local_time_stands_at_the_axis_and_its_distance_from_UTC_in_the_title()
    {
        await using var daemon = await Daemon.StartAsync();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Tests.Cli.Now);
        time.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("here", TimeSpan.FromMinutes(330), "here", "here"));

        Assert.Equal(0, (await RunAsync(daemon, time, "--since", "5m", "-o", "a.svg")).Code);

        string picture = await File.ReadAllTextAsync(Path.Combine(_folder, "a.svg"));
        Assert.Contains("guestbook from 2026-03-01 19:30:00 to 2026-03-01 19:35:00 (UTC+05:30; 14:00:00Z to 14:05:00Z)", picture, StringComparison.Ordinal);
        Assert.Contains(">19:33:00</text>", picture, StringComparison.Ordinal);
    }

    [Fact]
    public void A_thousand_machines_with_a_hundred_thousand_intervals_are_few_enough_bars_for_a_browser()
    {
        var (bars, resolution) = Chart(1_000, 100).Bars(TimeSpan.FromMilliseconds(1));

        Assert.InRange(bars.Sum(lane => lane.Count), 1_000, 30_000);
        Assert.True(resolution > TimeSpan.FromSeconds(36), $"intervals of 36 s are drawn together at {resolution}");
        Assert.All(bars, lane => Assert.Equal(100, lane.Sum(bar => bar.Count)));
        var picture = new StringWriter();
        new TimelineSvg(Chart(1_000, 100), picture, finestPixels: 1).Write();
        var drawn = XDocument.Parse(picture.ToString());
        Assert.InRange(Group(drawn, "marks").Elements().Count(), 1_000, 30_000);
        Assert.Equal(2_000, Group(drawn, "arrows").Elements().Count());
        Assert.Contains(drawn.Descendants(Svg + "text"), text => text.Value.EndsWith(" arrows are left out: only the first 2000 are drawn", StringComparison.Ordinal));
    }

    [Fact]
    public void Bars_drawn_together_tile_time_as_the_intervals_do_and_say_what_they_were()
    {
        var chart = Chart(1, 10_000);
        var lane = Assert.Single(chart.Bars(chart.Span / 1_000).Bars);

        Assert.InRange(lane.Count, 500, 1_001);
        Assert.Equal(lane.Skip(1).Select(bar => bar.Begin), lane.SkipLast(1).Select(bar => bar.End));
        Assert.Equal((chart.From, chart.To), (lane[0].Begin, lane[^1].End));
        Assert.Matches(@"^web-1, 10 intervals from \S+ to \S+: running 1\.8 s, frozen 1\.8 s$", lane[1].Text);
    }

    [Theory]
    [InlineData(3, "-p guestbook timeline nobody", "no machine or service of that name")]
    [InlineData(2, "-p guestbook timeline --until 2h --since 1h", "a time that ends before it begins")]
    [InlineData(3, "-p guestbook timeline --since 2026-01-01T00:00:00Z --until 2026-01-02T00:00:00Z", "nothing is known of guestbook between")]
    public async Task What_cannot_be_drawn_is_told(int code, string line, string says)
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli(_folder);

        Assert.Equal(code, await cli.RunAsync(line.Split(' ')));
        Assert.Contains(says, cli.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Machines_may_be_chosen_and_told_as_JSON()
    {
        await using var daemon = await Daemon.StartAsync();
        daemon.Intervals = [.. Timelines.Guestbook(), Timelines.Guestbook()[0] with { Machine = "web-2", Service = "web" }];

        var (code, output) = await RunAsync(daemon, "--json", "web-1");

        Assert.Equal(0, code);
        Assert.Equal(3, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.All(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Contains("\"machine\":\"web-1\"", line, StringComparison.Ordinal));
    }

    private static TimelineChart Chart(int machines, int intervals)
    {
        var span = TimeSpan.FromHours(1);
        var (from, to) = (Tests.Cli.Now - span, Tests.Cli.Now);
        return new TimelineChart
        {
            Title = "many",
            From = from,
            To = to,
            Zone = TimeZoneInfo.Utc,
            Lanes = [.. Timelines.Many(machines, intervals, span).GroupBy(interval => interval.Machine).Select(machine => TimelineLane.Of(machine.Key, [.. machine], from, to)!)],
        };
    }

    private Task<(int Code, string Output)> RunAsync(Daemon daemon, params string[] arguments) => RunAsync(daemon, new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Tests.Cli.Now), arguments);

    private async Task<(int Code, string Output)> RunAsync(Daemon daemon, TimeProvider time, params string[] arguments)
    {
        var cli = new Cli { WorkingDirectory = _folder, Time = time };
        cli.Environment["FIGMENT_HOST"] = "unix://" + daemon.SocketPath;
        int code = await cli.RunAsync(["-p", "guestbook", "timeline", .. arguments]);
        Assert.Equal("", cli.Error);
        return (code, cli.Out);
    }

    private static XElement Group(XDocument picture, string name) => picture.Descendants(Svg + "g").Single(group => (string?)group.Attribute("class") == name);

    private static double Number(XElement element, string name) => double.Parse((string)element.Attribute(name)!, CultureInfo.InvariantCulture);

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Script();

    [GeneratedRegex(@"https?://[^""'\s<]+")]
    private static partial Regex Address();
}
