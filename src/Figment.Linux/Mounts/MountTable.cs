using System.Text;

namespace Figment.Linux.Mounts;

/// <summary>The mounts of a process, in the order in which they lie over each other (<c>/proc/PID/mountinfo</c>, proc_pid_mountinfo(5)).</summary>
public static class MountTable
{
    private const int RootField = 3;
    private const int PathField = 4;
    private const int OptionsField = 5;

    /// <exception cref="IOException">There is no such process.</exception>
    public static IReadOnlyList<MountEntry> Of(int pid) => [.. Parse(File.ReadLines($"/proc/{pid}/mountinfo"))];

    /// <summary>Lines that are not whole are left out.</summary>
    public static IEnumerable<MountEntry> Parse(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        foreach (string line in lines)
        {
            // Between the options and the type stand any number of optional fields, ended by a hyphen.
            string[] fields = line.Split(' ');
            int end = Array.IndexOf(fields, "-", Math.Min(OptionsField + 1, fields.Length));
            if (end > 0 && end + 1 < fields.Length)
            {
                yield return new MountEntry(Unescape(fields[RootField]), Unescape(fields[PathField]), fields[end + 1], fields[OptionsField].Split(',').Contains("ro"));
            }
        }
    }

    /// <summary>Space, tab, line break and backslash are written as a backslash and three octal digits.</summary>
    private static string Unescape(string text)
    {
        const int Digits = 3;
        const int Octal = 8;
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder();
        for (int index = 0; index < text.Length; index++)
        {
            if (text[index] == '\\' && index + Digits < text.Length && text.AsSpan(index + 1, Digits).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                plain.Append((char)Convert.ToInt32(text.Substring(index + 1, Digits), Octal));
                index += Digits;
            }
            else
            {
                plain.Append(text[index]);
            }
        }

        return plain.ToString();
    }
}
