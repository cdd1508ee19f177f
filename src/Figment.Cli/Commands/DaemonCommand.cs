using System.CommandLine;
using Figment.Api.Client;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Linux.Errors;
using Figment.Linux.Processes;

namespace Figment.Cli.Commands;

/// <summary>The noun before <c>status</c> and <c>stop</c>.</summary>
internal sealed class DaemonCommand : FigmentCommand
{
    public DaemonCommand(CliContext context)
        : base(
            context,
            CommandGroup.Node,
            "daemon",
            "Look after the daemon of this node. Other commands start it when they need it.",
            new("figment daemon status", "does it run?"),
            new("figment daemon stop", "end it; applications go on"))
    {
        Add(new StatusCommand(context));
        Add(new StopCommand(context));
    }

    private sealed class StatusCommand : FigmentCommand
    {
        private readonly OutputOptions _output = new();

        public StatusCommand(CliContext context)
            : base(context, CommandGroup.Node, "status", "Show whether the daemon runs. The exit code is 3 if it does not.", new Example("figment daemon status", "and since when"))
        {
            _output.AddTo(this);
            Does(ExecuteAsync);
        }

        private async Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
        {
            using var client = new DaemonConnection(Context).Client();
            var row = await AskAsync(client, cancellationToken).ConfigureAwait(false);
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, row, CliJson.Default.DaemonRow);
            }
            else
            {
                await Context.Out.WriteLineAsync(
                    row.Version is { } version
                        ? $"running: figmentd {version.Version}, process {version.DaemonPid}, since {Units.Moment(version.StartedAt, Context.Time)}, at {row.Socket}"
                        : $"not running: {row.Problem}").ConfigureAwait(false);
            }

            return row.Running ? ExitCodes.Ok : ExitCodes.NotFound;
        }

        private static async Task<DaemonRow> AskAsync(FigmentClient client, CancellationToken cancellationToken)
        {
            try
            {
                return new DaemonRow { Running = true, Socket = client.SocketPath, Version = await client.GetVersionAsync(cancellationToken).ConfigureAwait(false) };
            }
            catch (FigmentUnreachableException exception)
            {
                return new DaemonRow { Running = false, Socket = client.SocketPath, Problem = exception.Message };
            }
        }
    }

    private sealed class StopCommand : FigmentCommand
    {
        private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

        private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(25);

        public StopCommand(CliContext context)
            : base(context, CommandGroup.Node, "stop", "End the daemon and wait until it is gone. Applications go on; the next command starts it again.", new Example("figment daemon stop", "end it"))
        {
            Does(ExecuteAsync);
        }

        private async Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
        {
            using var client = new DaemonConnection(Context).Client();
            Pidfd? process;
            try
            {
                process = TryOpen((await client.GetVersionAsync(cancellationToken).ConfigureAwait(false)).DaemonPid);
                await client.ShutdownAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (FigmentUnreachableException exception)
            {
                await Context.Error.WriteLineAsync($"the daemon does not run: {exception.Message}").ConfigureAwait(false);
                return ExitCodes.Ok;
            }

            using (process)
            {
                long asked = Context.Time.GetTimestamp();
                while (process is null ? await AnswersAsync(client, cancellationToken).ConfigureAwait(false) : !process.AwaitEnd(TimeSpan.Zero))
                {
                    if (Context.Time.GetElapsedTime(asked) > Deadline)
                    {
                        string what = process is null ? $"it still answers at {client.SocketPath}" : $"process {process.Pid} still runs";
                        throw new CliException($"cannot stop the daemon: {what} after {Deadline.TotalSeconds:0} s", "systemctl stop figmentd.socket figmentd.service, if systemd starts it", ExitCodes.Conflict);
                    }

                    await Task.Delay(ProbeInterval, Context.Time, cancellationToken).ConfigureAwait(false);
                }
            }

            return ExitCodes.Ok;
        }

        /// <summary>Null if it has ended already, or its number is of another pid namespace.</summary>
        private static Pidfd? TryOpen(int pid)
        {
            try
            {
                return Pidfd.Open(pid);
            }
            catch (LinuxException exception) when (exception.Error == Errno.ESRCH)
            {
                return null;
            }
        }

        private static async Task<bool> AnswersAsync(FigmentClient client, CancellationToken cancellationToken)
        {
            try
            {
                await client.ProbeAsync(cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (FigmentUnreachableException)
            {
                return false;
            }
        }
    }
}
