using System.Xml.Linq;
using Figment.Bench.Reporting;

namespace Figment.Bench.Tests;

/// <summary>A plot is XML, and its lines lie within its axes.</summary>
public sealed class LinePlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Each_series_is_a_line_with_all_its_points_and_a_name()
    {
        var plot = new LinePlot
        {
            Title = "a < b",
            XLabel = "seconds",
            YLabel = "answers per second",
            XMark = 0,
            Series = [new LineSeries("one", [(-2, 50), (0, 600), (15, 1_190)]), new LineSeries("two & three", [(-2, 0), (15, 10)])],
        };

        var document = XDocument.Parse(plot.ToSvg());

        double[] size = [.. document.Root!.Attribute("viewBox")!.Value.Split(' ').Select(double.Parse)];
        var lines = document.Descendants(Svg + "polyline").Select(line => line.Attribute("points")!.Value.Split(' ').Select(point => point.Split(',').Select(double.Parse).ToArray()).ToList()).ToList();
        Assert.Equal([3, 2], lines.Select(line => line.Count));
        Assert.All(lines.SelectMany(line => line), point => Assert.True(point[0] > 0 && point[0] < size[2] && point[1] > 0 && point[1] < size[3], $"{point[0]} {point[1]}"));
        Assert.True(lines[0][2][1] < lines[0][0][1], "more is higher");
        string[] texts = [.. document.Descendants(Svg + "text").Select(text => text.Value)];
        Assert.Equal("a < b", texts[0]);
        Assert.Contains("two & three", texts);
        Assert.Contains("1200", texts);
        Assert.Contains("0", texts);
        Assert.DoesNotContain("-0", texts);
    }
}
