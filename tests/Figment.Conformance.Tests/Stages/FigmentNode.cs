using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Figment.Conformance.Tests.Stages;

/// <summary>A node of the run's own: figmentd with its own runtime and state folders, ended and removed at the end.</summary>
internal sealed class FigmentNode : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"figment-run-{System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}");
    private Process? _daemon;

    private FigmentNode()
    {
        Environment = new Dictionary<string, string>
        {
            ["FIGMENT_RUNTIME_DIR"] = Path.Combine(_folder, "run"),
            ["FIGMENT_STATE_DIR"] = Path.Combine(_folder, "state"),
        };
    }

    /// <summary>What every command of this node must be given.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    public int DaemonPid => _daemon!.Id;

    private string LogFile => Path.Combine(_folder, "figmentd.log");

    public static async Task<FigmentNode> StartAsync(CancellationToken cancellation)
    {
        string program = FigmentPrograms.Find("figmentd");
        var node = new FigmentNode();
        foreach (string folder in node.Environment.Values)
        {
            Directory.CreateDirectory(folder);
        }

        var start = new ProcessStartInfo("sh", ["-c", $"exec {Command.Quote(program)} </dev/null >{Command.Quote(node.LogFile)} 2>&1"]);
        foreach ((string name, string value) in node.Environment)
        {
            start.Environment[name] = value;
        }

        node._daemon = Process.Start(start)!;
        await Deadline.UntilAsync(StartLimit, () => $"figmentd listens\n{node.ReadLog()}", () => Task.FromResult(node.Listens()), cancellation);
        return node;
    }

    public string ReadLog() => File.Exists(LogFile) ? File.ReadAllText(LogFile) : "";

    public async ValueTask DisposeAsync()
    {
        if (_daemon is null)
        {
            return;
        }

        await Command.RunAsync(["kill", "-TERM", _daemon.Id.ToString(CultureInfo.InvariantCulture)], null, CancellationToken.None);
        using var limit = new CancellationTokenSource(EndLimit);
        await _daemon.WaitForExitAsync(limit.Token);
        _daemon.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private bool Listens()
    {
        if (_daemon!.HasExited)
        {
            throw new InvalidOperationException($"figmentd ended with {_daemon.ExitCode}\n{ReadLog()}");
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(Environment["FIGMENT_RUNTIME_DIR"], "figment.sock")));
            return true;
        }
        catch (SocketException)
        {
            // Not there yet.
            return false;
        }
    }
}
