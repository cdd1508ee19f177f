using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Figment.Node.Packages;

/// <summary>
/// Debian packages of the node that programs with <c>root: host</c> need (<c>x-figment.packages</c>). What a package would start as a service is not started:
/// the node's own instance would take the ports and the folders that the machines are to have.
/// </summary>
public sealed partial class DebianPackages : IDisposable
{
    /// <summary>A Compose file with more is a mistake.</summary>
    public const int PackagesMax = 200;

    /// <summary>Mirrors are slow at times; a hang is not.</summary>
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(10);

    private const string PolicyFile = "/usr/sbin/policy-rc.d";

    /// <summary>invoke-rc.d(8): 101 means "action forbidden by policy".</summary>
    private const string Policy = "#!/bin/sh\nexit 101\n";

    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Those of the packages that are not installed. A name that Debian's policy does not allow is refused.</summary>
    /// <exception cref="PackageException">The name is none, or this is no Debian system.</exception>
    public async Task<IReadOnlyList<string>> FindMissingAsync(IReadOnlyCollection<string> packages, CancellationToken cancellation)
    {
        if (packages.Count == 0)
        {
            return [];
        }

        if (packages.Count > PackagesMax)
        {
            throw new PackageException($"x-figment.packages names {packages.Count} packages; at most {PackagesMax} are allowed");
        }

        if (packages.FirstOrDefault(package => !PackageName().IsMatch(package)) is { } wrong)
        {
            throw new PackageException($"x-figment.packages: '{wrong}' is not the name of a Debian package (lower-case letters, digits, '+', '-', '.')");
        }

        var (code, output, _) = await RunAsync("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\\n", .. packages], cancellation);
        if (code is not (0 or 1))
        {
            throw new PackageException($"dpkg-query ended with code {code}: cannot tell which of {string.Join(' ', packages)} are installed");
        }

        var installed = output.Split('\n').Where(line => line.EndsWith(" installed", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]).ToHashSet();
        return [.. packages.Where(package => !installed.Contains(package))];
    }

    /// <summary>Installs packages; one installation at a time.</summary>
    /// <exception cref="PackageException">apt-get could not; the message has its last lines and the command to try.</exception>
    public async Task InstallAsync(IReadOnlyCollection<string> packages, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        bool ownPolicy = false;
        try
        {
            if (!File.Exists(PolicyFile))
            {
                await File.WriteAllTextAsync(PolicyFile, Policy, cancellation);
                File.SetUnixFileMode(PolicyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
                ownPolicy = true;
            }

            string[] install = ["install", "-y", "-q", "--no-install-recommends", .. packages];
            var (code, output, errors) = await RunAsync("apt-get", install, cancellation);
            if (code != 0)
            {
                // The package lists of a fresh machine are empty or old.
                await RunAsync("apt-get", ["update", "-q"], cancellation);
                (code, output, errors) = await RunAsync("apt-get", install, cancellation);
            }

            if (code != 0)
            {
                string last = string.Join('\n', (output + errors).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(5));
                throw new PackageException($"apt-get could not install {string.Join(' ', packages)} (code {code}):\n{last}\ntry: apt-get install {string.Join(' ', packages)}");
            }
        }
        finally
        {
            if (ownPolicy)
            {
                File.Delete(PolicyFile);
            }

            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            },
        };
        process.StartInfo.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        process.StartInfo.Environment["LC_ALL"] = "C";
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new PackageException($"{program} cannot be run ({exception.Message}): x-figment.packages needs a Debian system; install what the services need yourself and remove the key", exception);
        }

        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(InstallTimeout);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            throw new PackageException($"{program} {string.Join(' ', arguments)} took longer than {InstallTimeout.TotalMinutes} minutes");
        }
    }

    /// <summary>Debian Policy 5.6.1, with an architecture qualifier allowed.</summary>
    [GeneratedRegex("^[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?$")]
    private static partial Regex PackageName();
}
