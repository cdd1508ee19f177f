using System.Globalization;
using Figment.Model.Specs;

namespace Figment.Keeper.Gateways;

/// <summary>Finds who has a port of the calling thread's network namespace (proc(5): net/tcp and the descriptors of all processes).</summary>
internal static class PortHolder
{
    private const string Listening = "0A";

    /// <summary>As <c>process 1234 (nginx)</c> or <c>application shop</c>, or null if it cannot be found (another user's, or gone by now).</summary>
    internal static string? Find(int port, TransportProtocol protocol)
    {
        string name = protocol == TransportProtocol.Tcp ? "tcp" : "udp";
        var inodes = new[] { name, name + "6" }.SelectMany(file => Inodes($"/proc/thread-self/net/{file}", port, protocol)).ToHashSet(StringComparer.Ordinal);
        return inodes.Count == 0 ? null : Directory.EnumerateDirectories("/proc").Select(process => HolderOf(process, inodes)).FirstOrDefault(holder => holder is not null);
    }

    private static IEnumerable<string> Inodes(string file, int port, TransportProtocol protocol)
    {
        if (!File.Exists(file))
        {
            yield break;
        }

        string suffix = $":{port:X4}";
        foreach (string line in File.ReadLines(file).Skip(1))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[1].EndsWith(suffix, StringComparison.Ordinal) && (protocol == TransportProtocol.Udp || fields[3] == Listening))
            {
                yield return $"socket:[{fields[9]}]";
            }
        }
    }

    /// <summary>Another application's keeper by that application's name: its last argument is the application's runtime folder.</summary>
    private static string NameOf(string process, int pid)
    {
        string program = File.ReadAllText($"{process}/comm").Trim();
        string[] words = File.ReadAllText($"{process}/cmdline").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        return program == "figment-keeper" && words.Length > 1 ? $"application {Path.GetFileName(words[^1])}" : $"process {pid} ({program})";
    }

    private static string? HolderOf(string process, HashSet<string> inodes)
    {
        if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
        {
            return null;
        }

        try
        {
            bool holds = Directory.EnumerateFileSystemEntries($"{process}/fd").Any(link => new FileInfo(link).LinkTarget is { } target && inodes.Contains(target));
            return holds ? NameOf(process, pid) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended while it was looked at, or belongs to somebody else: then it is not found, and the message does without.
            return null;
        }
    }
}
