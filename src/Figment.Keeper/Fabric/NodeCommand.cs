using System.Diagnostics;

namespace Figment.Keeper.Fabric;

/// <summary>Runs nft or iptables in the network namespace of the calling thread (a child inherits it).</summary>
internal static class NodeCommand
{
    /// <summary>Both answer in milliseconds; iptables can wait for another's lock.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private static readonly string[] Folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"];

    /// <summary>Its path, or null if it is not installed.</summary>
    internal static string? Find(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Its exit code, output and complaints.</summary>
    internal static (int ExitCode, string Output, string Error) Run(string path, IReadOnlyList<string> arguments, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new FabricException($"{path} did not start");

        // A process that is disposed leaves its pipes to the next collection, and a keeper has few.
        using var outputs = process.StandardOutput;
        using var errors = process.StandardError;
        var output = outputs.ReadToEndAsync();
        var error = errors.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(Timeout))
        {
            process.Kill();
            throw new FabricException($"{path} {string.Join(' ', arguments)} did not end within {Timeout.TotalSeconds:0} s; run it by hand to see what it waits for");
        }

        return (process.ExitCode, output.Result, error.Result);
    }
}
