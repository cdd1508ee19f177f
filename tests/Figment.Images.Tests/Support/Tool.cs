using System.Diagnostics;

namespace Figment.Images.Tests.Support;

/// <summary>Runs programs of the system to their end.</summary>
internal static class Tool
{
    public static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Result}");
        return output;
    }

    public static void AssertInstalled(params string[] programs)
    {
        foreach (string program in programs)
        {
            Assert.True(
                Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, program))),
                $"these tests need {program}: apt-get install docker-registry umoci skopeo busybox-static zstd");
        }
    }
}
