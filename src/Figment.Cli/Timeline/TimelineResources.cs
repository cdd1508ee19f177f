namespace Figment.Cli.Timeline;

/// <summary>Styles and script of the page, which stand in it.</summary>
internal static class TimelineResources
{
    public static string ChartStyle { get; } = Read("chart.css");

    public static string PageStyle { get; } = Read("page.css");

    public static string PageScript { get; } = Read("page.js");

    private static string Read(string name)
    {
        using var stream = typeof(TimelineResources).Assembly.GetManifestResourceStream($"timeline/{name}") ?? throw new InvalidOperationException($"the program was built without timeline/{name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
