using System.Globalization;

namespace Figment.Node.Planning;

/// <summary>Signal names and numbers of x86-64 and arm64 (signal(7)).</summary>
public static class StopSignals
{
    public const int Terminate = 15;

    private const int RealTimeFirst = 34;
    private const int RealTimeLast = 64;

    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
        "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary><c>SIGINT</c>, <c>INT</c>, <c>2</c>, <c>SIGRTMIN+3</c>.</summary>
    public static bool TryParse(string text, out int number)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return number is > 0 and <= RealTimeLast;
        }

        string upper = text.ToUpperInvariant();
        string bare = upper.StartsWith("SIG", StringComparison.Ordinal) ? upper[3..] : upper;
        number = Array.IndexOf(Names, bare, 1);
        if (number > 0)
        {
            return true;
        }

        return TryRealTime(bare, "RTMIN", RealTimeFirst, '+', 1, out number) || TryRealTime(bare, "RTMAX", RealTimeLast, '-', -1, out number);
    }

    private static bool TryRealTime(string bare, string name, int from, char sign, int direction, out int number)
    {
        number = from;
        if (bare == name)
        {
            return true;
        }

        if (!bare.StartsWith(name + sign, StringComparison.Ordinal) || !int.TryParse(bare.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int offset))
        {
            return false;
        }

        number = from + (direction * offset);
        return number is >= RealTimeFirst and <= RealTimeLast;
    }
}
