using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Figment.Node.Tests.Support;

namespace Figment.Cluster.Tests.Support;

/// <summary>figmentd itself, as a process on folders of its own.</summary>
public sealed class DaemonProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder? _owned;
    private readonly StringBuilder _log = new();
    private Process _process = null!;
    private IReadOnlyList<(string Name, string Value)> _variables = [];

    private DaemonProcess(string root, TemporaryFolder? owned)
    {
        Root = root;
        _owned = owned;
        Client = new HttpClient(new SocketsHttpHandler { ConnectCallback = async (_, cancellation) => new NetworkStream(await ConnectAsync(cancellation), ownsSocket: true) })
        {
            BaseAddress = new Uri("http://figment"),
            Timeout = Limit,
        };
    }

    public string Root { get; }

    public HttpClient Client { get; }

    public int Pid => _process.Id;

    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    public string RuntimeFolder => Path.Combine(Root, "run");

    /// <param name="variables">Of its environment, beside those that say where its folders are.</param>
    public static async Task<DaemonProcess> StartAsync(params (string Name, string Value)[] variables)
    {
        var folder = new TemporaryFolder();
        var daemon = new DaemonProcess(folder.Path, folder);
        daemon._variables = variables;
        daemon.MakePeer();
        await daemon.LaunchAsync();
        return daemon;
    }

    /// <summary>Starts figmentd on folders of its own with this in its environment, and returns its exit code, for a daemon that must not come up.</summary>
    public static async Task<(int Code, string Error)> StartWrongAsync(string name, string value)
    {
        using var folder = new TemporaryFolder();
        await using var daemon = new DaemonProcess(folder.Path, owned: null) { _variables = [(name, value)] };
        daemon._process = Process.Start(daemon.Info())!;
        string error = await daemon._process.StandardError.ReadToEndAsync();
        await daemon._process.WaitForExitAsync();
        return (daemon._process.ExitCode, error);
    }

    /// <summary>Starts figmentd on these folders and returns its exit code, for a daemon that must not come up.</summary>
    public async Task<(int Code, string Error)> StartSecondAsync()
    {
        using var second = Process.Start(Info())!;
        string error = await second.StandardError.ReadToEndAsync();
        await second.WaitForExitAsync();
        return (second.ExitCode, error);
    }

    public async Task<Socket> ConnectAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(RuntimeFolder, "figment.sock")), cancellation);
        return socket;
    }

    /// <summary>Kills the daemon and starts it again on the same folders.</summary>
    public async Task KillAndRestartAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await LaunchAsync();
    }

    public async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        }

        using var response = await Client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Sends these bytes as they are and returns what comes back until the daemon closes or <paramref name="complete"/> is content.</summary>
    /// <param name="bytes">What is sent.</param>
    /// <param name="leave">Close this end after sending, as a client that goes away does.</param>
    /// <param name="complete">Looks at the answer so far.</param>
    public async Task<string> SendRawAsync(byte[] bytes, bool leave = false, Func<string, bool>? complete = null)
    {
        using var limited = new CancellationTokenSource(Limit);
        using var socket = await ConnectAsync(limited.Token);
        try
        {
            await socket.SendAsync(bytes, limited.Token);
            if (leave)
            {
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException)
        {
            // The daemon may refuse before it has read all; what it answered is what matters.
        }

        var answer = new StringBuilder();
        byte[] buffer = new byte[8192];
        try
        {
            int count;
            while (complete?.Invoke(answer.ToString()) != true && (count = await socket.ReceiveAsync(buffer, limited.Token)) > 0)
            {
                answer.Append(Encoding.UTF8.GetString(buffer, 0, count));
            }
        }
        catch (SocketException)
        {
            // A reset after the answer.
        }

        return answer.ToString();
    }

    /// <summary>Asks it to end and waits for that; returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }

        await _process.WaitForExitAsync(new CancellationTokenSource(Limit).Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            foreach (string folder in Directory.Exists(Path.Combine(RuntimeFolder, "apps")) ? Directory.GetDirectories(Path.Combine(RuntimeFolder, "apps")) : [])
            {
                await SendAsync(HttpMethod.Delete, $"/v1/applications/{Path.GetFileName(folder)}");
            }

            await StopAsync();
        }

        Client.Dispose();
        _process.Dispose();
        _owned?.Dispose();
    }

    private async Task LaunchAsync()
    {
        _process = Process.Start(Info())!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.AppendLine(line.Data);
            }
        };
        _process.BeginErrorReadLine();
        await Eventually.IsAsync("figmentd answers", () =>
        {
            Assert.False(_process.HasExited, $"figmentd ended: {Log}");
            try
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(RuntimeFolder, "figment.sock")));
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }

    private void MakePeer()
    {
        string folder = Directory.CreateDirectory(Path.Combine(Root, "bin")).FullName;
        string keeper = Path.Combine(folder, "figment-keeper");
        File.WriteAllText(keeper, $"#!/bin/sh\nexec python3 {Path.Combine(AppContext.BaseDirectory, "Support", "keeper.py")} \"$1\"\n");
        File.SetUnixFileMode(keeper, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private ProcessStartInfo Info()
    {
        var info = new ProcessStartInfo(Executable())
        {
            Environment =
            {
                ["FIGMENT_RUNTIME_DIR"] = RuntimeFolder,
                ["FIGMENT_STATE_DIR"] = Path.Combine(Root, "state"),
                ["FIGMENT_BIN_DIR"] = Path.Combine(Root, "bin"),
                ["FIGMENT_LOG"] = "debug",
            },
            RedirectStandardError = true,
        };
        foreach (var (name, value) in _variables)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    /// <summary>Beside this program in the build's output: <c>artifacts/bin/Figment.Daemon/CONFIGURATION_RUNTIME/figmentd</c>.</summary>
    private static string Executable()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        string path = Path.Combine(own.Parent!.Parent!.FullName, "Figment.Daemon", $"{own.Name.Split('_')[0]}_linux-x64", "figmentd");
        return File.Exists(path) ? path : throw new FileNotFoundException("figmentd is not built", path);
    }
}
