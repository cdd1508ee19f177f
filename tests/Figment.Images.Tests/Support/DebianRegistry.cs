using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Figment.Images.Tests.Support;

/// <summary>Debian's docker-registry on a free port of the loopback.</summary>
internal sealed class DebianRegistry : IDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;
    private readonly Task<string> _errors;
    private bool _isDisposed;

    private DebianRegistry(Func<int, string, string>? configureAuth)
    {
        Tool.AssertInstalled("docker-registry", "skopeo", "umoci");
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        string config = _folder["config.yml"];
        File.WriteAllText(config, $"""
            version: 0.1
            log:
              level: error
            storage:
              filesystem:
                rootdirectory: {_folder.Make("data")}
            http:
              addr: 127.0.0.1:{Port}
            {configureAuth?.Invoke(Port, _folder.Path)}
            """);
        _process = Process.Start(new ProcessStartInfo("docker-registry", ["serve", config]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _errors = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    public int Port { get; }

    /// <summary>What it has stored: <c>.../blobs/sha256/AB/DIGEST/data</c>.</summary>
    public string DataFolder => _folder["data"];

    public static async Task<DebianRegistry> StartAsync(Func<int, string, string>? configureAuth = null)
    {
        var registry = new DebianRegistry(configureAuth);
        using var http = new HttpClient();
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{registry.Port}/v2/"));
                return registry;
            }
            catch (HttpRequestException)
            {
                string state = registry._process.HasExited ? $"ended with {registry._process.ExitCode}: {await registry._errors}" : "runs";
                Assert.False(
                    registry._process.HasExited || TimeProvider.System.GetElapsedTime(start) > StartTimeout,
                    $"docker-registry does not answer on port {registry.Port}; it {state}");
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    public ImageReference Reference(string name) =>
        ImageReference.TryParse($"127.0.0.1:{Port}/{name}", out var reference, out string? error) ? reference : throw new FormatException(error);

    /// <summary>Pushes from an OCI layout.</summary>
    public void Push(string layout, string tag, string name, params string[] options) =>
        Tool.Run("skopeo", ["--insecure-policy", "copy", "--dest-tls-verify=false", .. options, $"oci:{layout}:{tag}", $"docker://127.0.0.1:{Port}/{name}"]);

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Dispose();
    }
}
