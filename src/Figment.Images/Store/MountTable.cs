namespace Figment.Images.Store;

/// <summary>Which mount holds a path (proc_pid_mountinfo(5)).</summary>
internal static class MountTable
{
    public static (string Point, string Type) Find(string path)
    {
        (string Point, string Type) best = ("/", "unknown");
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            // 36 35 98:0 /root /point options - type source super-options
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            string point = fields[4].Replace("\\040", " ", StringComparison.Ordinal);
            bool holds = point == "/" || path == point || path.StartsWith(point + "/", StringComparison.Ordinal);

            // A later line of the same point lies above an earlier one.
            if (holds && point.Length >= best.Point.Length)
            {
                best = (point, fields[dash + 1]);
            }
        }

        return best;
    }
}
