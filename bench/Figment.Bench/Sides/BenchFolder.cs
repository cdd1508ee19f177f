using System.Globalization;

namespace Figment.Bench.Sides;

/// <summary>Names and a temporary folder that no other run shares.</summary>
internal static class BenchFolder
{
    public static string Tag { get; } = "fgb" + Environment.ProcessId.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>This program, to be run again as a probe.</summary>
    public static string ProbeProgram => Environment.ProcessPath!;

    public static string Make(string name)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"{Tag}-{name}");
        Directory.CreateDirectory(folder);
        return folder;
    }

    public static double ParseTime(string output) => double.Parse(output.Trim(), CultureInfo.InvariantCulture);
}
