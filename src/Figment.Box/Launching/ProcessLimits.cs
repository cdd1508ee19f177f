using Figment.Linux.Children;
using Figment.Model.Specs;

namespace Figment.Box.Launching;

/// <summary><c>ulimits</c>: names of setrlimit(2) without RLIMIT_.</summary>
internal static class ProcessLimits
{
    private static readonly string[] Resources =
    [
        "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime",
    ];

    public static void Add(PreparedChild child, IReadOnlyList<UlimitSpec> limits)
    {
        foreach (var limit in limits)
        {
            int resource = Array.IndexOf(Resources, limit.Name);
            if (resource < 0)
            {
                throw new LaunchFailedException(LaunchFailedException.Machine, $"ulimit {limit.Name}: there is no such limit; the names are {string.Join(", ", Resources)}");
            }

            child.AddLimit(limit.Name, resource, Value(limit.Soft), Value(limit.Hard));
        }
    }

    private static ulong Value(long value) => value < 0 ? ulong.MaxValue : (ulong)value;
}
