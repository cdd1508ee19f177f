using System.Text;
using Figment.Cli.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Figment.Cli.Tests;

/// <summary>Runs a command line in this process, with streams and environment of its own.</summary>
#pragma warning disable CA1001 // Streams in memory hold nothing that must be given back.
internal sealed class Cli
#pragma warning restore CA1001
{
    private readonly StringWriter _out = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly MemoryStream _rawOut = new();
    private readonly MemoryStream _rawError = new();

    public static readonly DateTimeOffset Now = new(2026, 3, 1, 14, 5, 0, TimeSpan.Zero);

    public Dictionary<string, string> Environment { get; } = new()
    {
        // Places where nothing is: a test that forgets its socket reaches no daemon of this machine.
        ["FIGMENT_RUNTIME_DIR"] = "/tmp/figment-cli-tests-nowhere",
        ["FIGMENT_STATE_DIR"] = "/tmp/figment-cli-tests-nowhere",
    };

    public string WorkingDirectory { get; init; } = "/";

    public ConsoleFacts Console { get; init; } = new();

    public bool IsRoot { get; init; }

    public string Input { get; init; } = "";

    public TimeProvider Time { get; init; } = new FakeTimeProvider(Now);

    public string Out => _out.ToString() + Encoding.UTF8.GetString(_rawOut.ToArray());

    public string Error => _error.ToString() + Encoding.UTF8.GetString(_rawError.ToArray());

    public static Cli At(string socketPath) => At(socketPath, "/");

    public static Cli At(string socketPath, string workingDirectory)
    {
        var cli = new Cli { WorkingDirectory = workingDirectory };
        cli.Environment["FIGMENT_HOST"] = "unix://" + socketPath;
        return cli;
    }

    public CliContext Context() => new()
    {
        Out = _out,
        Error = _error,
        RawInput = new MemoryStream(Encoding.UTF8.GetBytes(Input)),
        RawOutput = _rawOut,
        RawError = _rawError,
        Console = Console,
        Environment = Environment,
        WorkingDirectory = WorkingDirectory,
        Time = Time,
        IsRoot = IsRoot,
        ExecutableDirectory = "/tmp/figment-cli-tests-nowhere",
    };

    public async Task<int> RunAsync(params string[] arguments)
    {
        using var interruption = new Interruption();
        return await new CommandRunner(Context(), interruption).RunAsync(arguments);
    }
}
