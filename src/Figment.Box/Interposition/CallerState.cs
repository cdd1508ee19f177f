using System.Globalization;
using Figment.Linux.Internet;

namespace Figment.Box.Interposition;

/// <summary>What <c>/proc</c> tells of a process that waits in a trapped call.</summary>
internal static class CallerState
{
    private const int O_CLOEXEC = 0x80000;

    /// <summary>User and group that its files belong to (the fourth of each line).</summary>
    public static (uint User, uint Group) FileIdentity(int thread)
    {
        uint[] numbers = [0, 0];
        foreach (string line in File.ReadLines($"/proc/{thread}/status"))
        {
            int index = line.StartsWith("Uid:", StringComparison.Ordinal) ? 0 : line.StartsWith("Gid:", StringComparison.Ordinal) ? 1 : -1;
            if (index >= 0)
            {
                numbers[index] = uint.Parse(line.Split('\t')[4], CultureInfo.InvariantCulture);
            }
        }

        return (numbers[0], numbers[1]);
    }

    /// <summary>The flag belongs to the number, not to the open file: a duplicate does not show it.</summary>
    public static bool ClosesOnExec(int thread, int descriptor)
    {
        string flags = File.ReadLines($"/proc/{thread}/fdinfo/{descriptor}").First(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return (Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & O_CLOEXEC) != 0;
    }

    /// <summary>An epoll set of the process watches the descriptor: a socket put in its place would not be watched.</summary>
    public static bool IsWatched(int thread, int descriptor)
    {
        string process = $"/proc/{RemoteSocket.ProcessOf(thread) ?? thread}";
        string wanted = descriptor.ToString(CultureInfo.InvariantCulture);
        foreach (string link in Directory.EnumerateFiles(process + "/fd"))
        {
            if (new FileInfo(link).LinkTarget is not { } target || !target.EndsWith("[eventpoll]", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (string line in File.ReadLines($"{process}/fdinfo/{Path.GetFileName(link)}"))
            {
                if (line.StartsWith("tfd:", StringComparison.Ordinal) && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var number, ..] && number == wanted)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
