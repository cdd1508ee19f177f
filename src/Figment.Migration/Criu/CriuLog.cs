using System.Text.RegularExpressions;

namespace Figment.Migration.Criu;

/// <summary>What CRIU's log has to say about a failure.</summary>
internal static partial class CriuLog
{
    /// <summary>More is not read into a message.</summary>
    private const int LinesMax = 50;

    /// <summary>Said at each start where CAP_SYS_RESOURCE is missing, and harmless.</summary>
    private const string Harmless = "rlimit: Can't setup RLIMIT_NOFILE";

    private const string Summary = "Dumping FAILED.";

    /// <summary>Its errors and warnings, in order, without time and place in CRIU's source; none if there is no log.</summary>
    public static IReadOnlyList<string> Read(string file) => [.. Complaints(file).Select(complaint => complaint.Text).TakeLast(LinesMax)];

    /// <summary>The first error is the cause, the second often says more of it; those after them are consequences. Null: it names none.</summary>
    public static string? Cause(string file)
    {
        var errors = Complaints(file).Where(complaint => complaint.IsError && complaint.Text != Summary).Select(complaint => complaint.Text).Distinct().Take(2).ToList();
        return errors.Count == 0 ? null : string.Join("; ", errors);
    }

    private static List<(bool IsError, string Text)> Complaints(string file)
    {
        try
        {
            return [.. from line in File.ReadLines(file)
                       let match = Complaint().Match(line)
                       where match.Success
                       let text = match.Groups["text"].Value.Trim()
                       where !text.StartsWith(Harmless, StringComparison.Ordinal)
                       select (match.Groups["kind"].Value == "Error", text)];
        }
        catch (IOException)
        {
            return []; // it failed before it had a log
        }
    }

    // (00.012345)     12: Error (criu/files-reg.c:1234): Can't open ...; time and process are not always there.
    [GeneratedRegex(@"^(?:\(\d+\.\d+\)\s+)?(?:\d+:\s+)?(?<kind>Error|Warn)\s+\([^)]*\):\s*(?<text>.*)$")]
    private static partial Regex Complaint();
}
