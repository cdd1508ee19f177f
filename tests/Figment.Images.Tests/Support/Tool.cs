using System.Diagnostics;

namespace Figment.Images.Tests.Support;

/// <summary>Runs programs of the system to their end.</summary>
internal static class Tool
{
    /// <summary>A program that must succeed; returns what it printed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var (code, output, errors) = Try(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}: {errors}");
        return output;
    }

    public static (int Code, string Output, string Errors) Try(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
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
