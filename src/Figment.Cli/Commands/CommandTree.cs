using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Figment.Cli.Commands.Nodes;
using Figment.Cli.Commands.Snapshots;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands;

/// <summary>All verbs.</summary>
internal static class CommandTree
{
    public static RootCommand Build(CliContext context, Interruption interruption)
    {
        var help = new HelpText(context.Out);
        var root = new RootCommand("Run Compose applications on machines that exist only while something needs them.");
        root.Options.Clear();
        root.Add(new HelpOption("--help", "-h") { Description = "Show help", Action = help });
        root.Add(new VersionOption("--version") { Description = "Show the version of figment", Action = new VersionAction(context.Out) });
        context.Global.Project.AddTo(root);
        root.Add(context.Global.NoColor);
        root.Add(context.Global.Debug);
        var usage = new HelpText(context.Out, clearsParseErrors: false);
        root.Action = usage;
        foreach (var command in Verbs(context, interruption))
        {
            if (command.Action is null)
            {
                command.Action = usage;
            }

            root.Add(command);
        }

        return root;
    }

    private static IEnumerable<FigmentCommand> Verbs(CliContext context, Interruption interruption) =>
    [
        new UpCommand(context),
        new DownCommand(context),
        new ApplicationsCommand(context),
        new ConfigCommand(context),
        new PsCommand(context),
        new RunCommand(context, interruption),
        new ExecCommand(context, interruption),
        new AttachCommand(context, interruption),
        MachineActionCommand.Start(context),
        MachineActionCommand.Stop(context),
        MachineActionCommand.Restart(context),
        MachineActionCommand.Kill(context),
        new CheckpointCommand(context),
        new RestoreCommand(context),
        new CloneCommand(context),
        new MigrateCommand(context),
        new RemoveCommand(context),
        new WhyCommand(context),
        new LogsCommand(context),
        new EventsCommand(context),
        new TopCommand(context, interruption),
        new TimelineCommand(context),
        new BillCommand(context),
        new PlanCommand(context),
        new PortCommand(context),
        new InspectCommand(context),
        new ImagesCommand(context),
        new PullCommand(context),
        new LoadCommand(context),
        new RemoveImageCommand(context),
        new ImageCommand(context),
        new SnapshotCommand(context),
        new NodeCommand(context),
        new DoctorCommand(context),
        new DaemonCommand(context),
        new VersionCommand(context),
        new CompletionCommand(context),
    ];

    /// <summary><c>--version</c>: that of this program alone, without asking a daemon.</summary>
    private sealed class VersionAction(TextWriter output) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            output.WriteLine($"figment {VersionCommand.OwnVersion}");
            return ExitCodes.Ok;
        }
    }
}
