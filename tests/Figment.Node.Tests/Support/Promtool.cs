using System.Diagnostics;

namespace Figment.Node.Tests.Support;

/// <summary>Prometheus' own checker, of Debian's package <c>prometheus</c>.</summary>
public static class Promtool
{
    /// <summary>Parses metrics and holds them against the naming rules; fails with what it says.</summary>
    public static async Task CheckAsync(string metrics)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = promtool.StandardOutput.ReadToEndAsync();
        var errors = promtool.StandardError.ReadToEndAsync();
        await promtool.StandardInput.WriteAsync(metrics);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, $"promtool ended with {promtool.ExitCode}: {await output}{await errors}\n{metrics}");
    }
}
