using System.Globalization;
using Figment.Linux.Errors;

namespace Figment.Linux.Memory;

/// <summary>A range of a process's addresses (proc_pid_maps(5)).</summary>
/// <param name="Start">Its first address.</param>
/// <param name="End">The first behind it.</param>
/// <param name="IsReadable">Now.</param>
/// <param name="IsShared">What is written there is seen by others.</param>
/// <param name="Name">A file's path, the kernel's word in brackets, or empty.</param>
public sealed record MappedArea(ulong Start, ulong End, bool IsReadable, bool IsShared, string Name)
{
    public ulong Length => End - Start;

    /// <summary>In ascending order; empty if the process is gone.</summary>
    public static IReadOnlyList<MappedArea> Of(int process)
    {
        try
        {
            return [.. File.ReadLines($"/proc/{process}/maps").Select(Parse)];
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException || (exception is IOException && exception.HResult == (int)Errno.ESRCH))
        {
            return [];
        }
    }

    /// <summary><c>7f01-7f02 rw-p 00000000 00:00 0   [heap]</c>.</summary>
    internal static MappedArea Parse(string line)
    {
        const int WordsBeforeName = 5;
        string[] words = line.Split(' ', WordsBeforeName + 1, StringSplitOptions.RemoveEmptyEntries);
        string[] range = words[0].Split('-');
        return new MappedArea(Number(range[0]), Number(range[1]), words[1][0] == 'r', words[1][3] == 's', words.Length > WordsBeforeName ? words[WordsBeforeName].Trim() : "");
    }

    private static ulong Number(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
