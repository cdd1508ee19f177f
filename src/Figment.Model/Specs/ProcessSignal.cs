using System.Globalization;

namespace Figment.Model.Specs;

/// <summary>Signals of processes by name and number (signal(7); x86-64 and arm64), as docker writes them: <c>SIGINT</c>, <c>INT</c>, <c>2</c>, <c>SIGRTMIN+3</c>.</summary>
public static class ProcessSignal
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private const int RealTimeFirst = 34;
    private const int RealTimeLast = 64;

    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
        "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>Their full names.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Names.Skip(1).Select(name => "SIG" + name)];

    /// <summary>Null: no signal.</summary>
    public static int? Parse(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number is > 0 and <= RealTimeLast ? number : null;
        }

        string upper = text.ToUpperInvariant();
        string bare = (upper.StartsWith("SIG", StringComparison.Ordinal) ? upper[3..] : upper) switch
        {
            "IOT" => "ABRT",
            "CLD" => "CHLD",
            "POLL" => "IO",
            var other => other,
        };
        return Array.IndexOf(Names, bare, 1) is > 0 and var index
            ? index
            : RealTime(bare, "RTMIN", RealTimeFirst, '+', 1) ?? RealTime(bare, "RTMAX", RealTimeLast, '-', -1);
    }

    private static int? RealTime(string bare, string name, int from, char sign, int direction)
    {
        if (bare == name)
        {
            return from;
        }

        return bare.StartsWith(name + sign, StringComparison.Ordinal)
            && int.TryParse(bare.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int offset)
            && offset <= RealTimeLast - RealTimeFirst
            ? from + (direction * offset)
            : null;
    }
}
