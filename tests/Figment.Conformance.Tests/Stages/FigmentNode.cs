using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Figment.Conformance.Tests.Stages;

/// <summary>A node of the run's own: figmentd with its own runtime and state folders, ended and removed at the end.</summary>
internal sealed class FigmentNode : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(20);

    private static int s_last;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), FormattableString.Invariant($"figment-run-{System.Environment.ProcessId}-{Interlocked.Increment(ref s_last)}"));
    private Process? _daemon;

    private FigmentNode(IReadOnlyList<string> prefix)
    {
        Prefix = prefix;
        Environment = new Dictionary<string, string>
        {
            ["FIGMENT_RUNTIME_DIR"] = Path.Combine(_folder, "run"),
            ["FIGMENT_STATE_DIR"] = Path.Combine(_folder, "state"),
        };
    }

    /// <summary>What every command of this node must be given.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Words before each command of this node: <c>nsenter</c> with its options.</summary>
    public IReadOnlyList<string> Prefix { get; }

    public int DaemonPid => _daemon!.Id;

    private string LogFile => Path.Combine(_folder, "figmentd.log");

    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="name">Of the node; null: the host's.</param>
    /// <param name="prefix">Words before each of its commands, and before its daemon.</param>
    public static async Task<FigmentNode> StartAsync(CancellationToken cancellation, string? name = null, params IReadOnlyList<string> prefix)
    {
        string program = FigmentPrograms.Find("figmentd");
        var node = new FigmentNode(prefix);
        foreach (string folder in node.Environment.Values)
        {
            Directory.CreateDirectory(folder);
        }

        var start = new ProcessStartInfo("sh", ["-c", $"exec {Command.Quote([.. prefix, program])} </dev/null >{Command.Quote(node.LogFile)} 2>&1"]);
        foreach ((string variable, string value) in node.Environment)
        {
            start.Environment[variable] = value;
        }

        if (name is not null)
        {
            start.Environment["FIGMENT_NODE"] = name;
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
