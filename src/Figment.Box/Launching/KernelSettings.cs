using Figment.Linux.Errors;

namespace Figment.Box.Launching;

/// <summary>
/// <c>sysctls</c> of the calling thread's namespaces. Only those that belong to a namespace of the machine's are set; the others would change the node.
/// </summary>
internal static class KernelSettings
{
    private static readonly string[] NamespacedPrefixes = ["net.", "kernel.shm", "kernel.msg", "fs.mqueue."];

    public static void Apply(IReadOnlyList<KeyValuePair<string, string>> settings)
    {
        foreach (var (name, value) in settings)
        {
            if (name != "kernel.sem" && !NamespacedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                throw new LaunchFailedException(LaunchFailedException.Machine, $"sysctl {name}: it is not of a namespace of the machine; set it on the node, or take it out");
            }

            // A dot separates, and a slash stands for a dot within a name (sysctl(8)).
            string path = "/proc/sys/" + string.Join('/', name.Split('.').Select(part => part.Replace('/', '.')));
            if (name.Contains("..", StringComparison.Ordinal) || !File.Exists(path))
            {
                throw new LaunchFailedException(LaunchFailedException.Machine, $"sysctl {name}: this kernel has no {path}");
            }

            try
            {
                File.WriteAllText(path, value);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or LinuxException)
            {
                throw new LaunchFailedException(LaunchFailedException.Machine, $"sysctl {name}={value}: {exception.Message}", exception);
            }
        }
    }
}
