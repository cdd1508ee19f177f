using System.Diagnostics;

namespace Figment.Box.Tests.Harness;

/// <summary>Swap that the node has for the time of one test. Needs root.</summary>
internal sealed class SwapFile : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"figment-swap-{Environment.ProcessId}");

    public SwapFile(int mebibytes)
    {
        Run("dd", "if=/dev/zero", $"of={_file}", "bs=1M", $"count={mebibytes}", "status=none");
        Run("chmod", "600", _file);
        Run("mkswap", _file);
        Run("swapon", _file);
    }

    public void Dispose()
    {
        Run("swapoff", _file);
        File.Delete(_file);
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}: {errors}");
    }
}
