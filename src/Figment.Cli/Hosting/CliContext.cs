using System.Collections;
using Figment.Api.Client;
using Figment.Linux.Consoles;
using Figment.Model;

namespace Figment.Cli.Hosting;

/// <summary>What a command may use of the process that it runs in. Nothing else in this project asks the process.</summary>
internal sealed class CliContext
{
    /// <summary>Data.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>For people.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Bytes from and to the program of <c>run</c>, <c>exec</c> and <c>attach</c>.</summary>
    public required Stream RawInput { get; init; }

    public required Stream RawOutput { get; init; }

    public required Stream RawError { get; init; }

    public required ConsoleFacts Console { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Only root can start a daemon.</summary>
    public required bool IsRoot { get; init; }

    /// <summary>Where <c>figmentd</c> is looked for after <c>FIGMENT_BIN_DIR</c>.</summary>
    public required string ExecutableDirectory { get; init; }

    /// <summary>Options before the verb, made with the command tree that uses them.</summary>
    public GlobalOptions Global { get; } = new();

    public Places Places => new()
    {
        RuntimeDirectory = Variable("FIGMENT_RUNTIME_DIR") ?? "/run/figment",
        StateDirectory = Variable("FIGMENT_STATE_DIR") ?? "/var/lib/figment",
    };

    /// <summary>Null if it is not set or empty.</summary>
    public string? Variable(string name) => Environment.TryGetValue(name, out string? value) && value.Length > 0 ? value : null;

    /// <summary>A client of the daemon, which is started if it is not there.</summary>
    public Task<FigmentClient> ConnectAsync(CancellationToken cancellationToken) => new DaemonConnection(this).OpenAsync(cancellationToken);

    public static CliContext OfThisProcess()
    {
        var output = new DescriptorStream(1);
        var error = new DescriptorStream(2);
        return new CliContext
        {
            Out = new StreamWriter(output) { AutoFlush = true },
            Error = new StreamWriter(error) { AutoFlush = true },
            RawInput = new DescriptorStream(0),
            RawOutput = output,
            RawError = error,
            Console = ConsoleFacts.OfThisProcess(),
            Environment = Variables(),
            WorkingDirectory = Directory.GetCurrentDirectory(),
            Time = TimeProvider.System,
            IsRoot = System.Environment.IsPrivilegedProcess,
            ExecutableDirectory = Path.GetDirectoryName(System.Environment.ProcessPath) ?? AppContext.BaseDirectory,
        };
    }

    private static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        return variables;
    }
}
