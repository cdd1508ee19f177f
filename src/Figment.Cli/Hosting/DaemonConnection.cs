using Figment.Api.Client;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Processes;

namespace Figment.Cli.Hosting;

/// <summary>Finds the daemon, or starts one. With systemd's socket unit the socket exists, connecting starts the daemon, and nothing is done here.</summary>
internal sealed class DaemonConnection(CliContext context)
{
    public const string BinariesVariable = "FIGMENT_BIN_DIR";

    /// <summary>A cold start with a journal to replay takes about a second; a loaded machine some more.</summary>
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Two commands may start a daemon at once: the one that came second ends, and the first one's answers a little later.</summary>
    private static readonly TimeSpan OtherDeadline = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(25);

    private const int LogLinesMax = 12;
    private const int LogMode = 0b110_100_000;

    /// <summary>Enough for <see cref="LogLinesMax"/> lines with a stack trace.</summary>
    private const int LogTailBytesMax = 32 * 1024;

    public string LogFile => Path.Combine(context.Places.StateDirectory, "figmentd.log");

    public async Task<FigmentClient> OpenAsync(CancellationToken cancellationToken)
    {
        var client = Client();
        try
        {
            if (await UnreachableAsync(client, cancellationToken).ConfigureAwait(false) is { } why)
            {
                await StartAsync(client, why, cancellationToken).ConfigureAwait(false);
            }

            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>A client that starts nothing.</summary>
    public FigmentClient Client()
    {
        try
        {
            return new FigmentClient(ApiHost.SocketPath(context.Variable(ApiHost.Variable), context.Places));
        }
        catch (FormatException exception)
        {
            throw new CliException($"cannot reach the daemon: {exception.Message}", exitCode: ExitCodes.Usage);
        }
    }

    private static async Task<FigmentUnreachableException?> UnreachableAsync(FigmentClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.ProbeAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (FigmentUnreachableException exception)
        {
            return exception;
        }
    }

    private async Task StartAsync(FigmentClient client, FigmentUnreachableException why, CancellationToken cancellationToken)
    {
        if (why.Reason == UnreachableReason.Denied)
        {
            throw new CliException($"cannot reach the daemon: {why.Message}", "sudo usermod -aG figment $USER, then log in again; or put sudo before the command");
        }

        if (why.Reason == UnreachableReason.Other || context.Variable(ApiHost.Variable) is not null)
        {
            throw new CliException($"cannot reach the daemon: {why.Message}", $"start the daemon there, or unset {ApiHost.Variable}");
        }

        if (!context.IsRoot)
        {
            throw new CliException($"cannot start the daemon: {why.Message}, and only root can start it", "sudo systemctl start figmentd.socket, or put sudo before the command once");
        }

        string daemon = Path.Combine(context.Variable(BinariesVariable) ?? context.ExecutableDirectory, "figmentd");
        if (!File.Exists(daemon))
        {
            throw new CliException($"cannot start the daemon: {why.Message}, and there is no {daemon}", $"install figmentd beside figment, or say where it is: {BinariesVariable}=FOLDER");
        }

        if (context.Console.ErrorIsTerminal)
        {
            await context.Error.WriteLineAsync($"starting {daemon} (log: {LogFile})").ConfigureAwait(false);
        }

        long logged = Spawn(daemon, out var process);
        using (process)
        {
            await WaitAsync(client, process, logged, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Length of the log before the start.</returns>
    private long Spawn(string daemon, out Pidfd process)
    {
        try
        {
            Directory.CreateDirectory(context.Places.StateDirectory);
            long logged = File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;
            using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDONLY);
            using var log = FileCalls.Open(LogFile, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_APPEND, LogMode);

            // Not in the user's folder, which must stay removable and unmountable.
            process = Pidfd.Open(Spawner.Spawn(daemon, [daemon], [.. context.Environment.Select(variable => $"{variable.Key}={variable.Value}")], nothing, log, directory: "/"));
            return logged;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"cannot start the daemon: {exception.Message}", $"run {daemon} by hand to see more");
        }
    }

    private async Task WaitAsync(FigmentClient client, Pidfd process, long logged, CancellationToken cancellationToken)
    {
        long started = context.Time.GetTimestamp();
        TimeSpan? ended = null;
        while (await UnreachableAsync(client, cancellationToken).ConfigureAwait(false) is { } why)
        {
            var passed = context.Time.GetElapsedTime(started);
            if (ended is null && HasEnded(process))
            {
                ended = passed;
            }

            if (passed > StartDeadline || (ended is { } end && passed - end > OtherDeadline))
            {
                string what = ended is null ? $"it did not answer within {StartDeadline.TotalSeconds:0} s" : "it ended at once";
                throw new CliException($"cannot start the daemon: {what} ({why.Message}){LastLines(logged)}", $"less {LogFile}");
            }

            await Task.Delay(ProbeInterval, context.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool HasEnded(Pidfd process)
    {
        try
        {
            return process.TryReap() is not null;
        }
        catch (LinuxException exception) when (exception.Error == Errno.ECHILD)
        {
            // Reaped already: by the kernel if this process was started with SIGCHLD ignored, or by the runtime.
            return true;
        }
    }

    private string LastLines(long logged)
    {
        try
        {
            using var log = File.OpenRead(LogFile);
            log.Seek(Math.Max(logged, log.Length - LogTailBytesMax), SeekOrigin.Begin);
            string[] lines = new StreamReader(log).ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return lines.Length == 0 ? "; it wrote nothing" : "; its last lines:\n" + string.Join('\n', lines.TakeLast(LogLinesMax).Select(line => "  " + line.TrimEnd()));
        }
        catch (IOException exception)
        {
            return $"; its log cannot be read: {exception.Message}";
        }
    }
}
