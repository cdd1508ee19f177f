using System.Globalization;

namespace Figment.Cli.Timeline;

/// <summary>Where the axis has ticks: at whole steps of the local clock.</summary>
internal static class TimelineAxis
{
    private const int TicksMax = 10;

    private static readonly long[] StepsMs =
    [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
        3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
    ];

    public static IEnumerable<(DateTimeOffset At, string Text)> Ticks(TimelineChart chart)
    {
        long step = StepsMs.FirstOrDefault(ms => chart.Span.TotalMilliseconds / ms <= TicksMax, StepsMs[^1]);
        long offset = (long)chart.Local(chart.From).Offset.TotalMilliseconds;
        long local = chart.From.ToUnixTimeMilliseconds() + offset;
        for (long at = (local + step - 1) / step * step; at - offset <= chart.To.ToUnixTimeMilliseconds(); at += step)
        {
            var moment = DateTimeOffset.FromUnixTimeMilliseconds(at);
            string form = step < 1_000 ? "HH:mm:ss.fff" : step < 60_000 ? "HH:mm:ss" : at % StepsMs[^1] == 0 ? "yyyy-MM-dd" : "HH:mm";
            yield return (moment - TimeSpan.FromMilliseconds(offset), moment.ToString(form, CultureInfo.InvariantCulture));
        }
    }
}
