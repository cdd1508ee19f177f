using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.CompilerServices;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;
using Figment.Model.States;

namespace Figment.Cli.Commands;

/// <summary>Moves machines to another node.</summary>
internal sealed class MigrateCommand : FigmentCommand
{
    private readonly Argument<string> _machine = new("machine") { HelpName = "MACHINE", Description = "web-1, or web for the first machine of a service, or app/web-1; with --all the node" };
    private readonly Argument<string?> _node = new("node") { HelpName = "NODE", Description = "Where it is to run", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<MoveMode> _mode = new("--mode")
    {
        Description = "auto, precopy (memory travels while the machine runs), postcopy (after it has gone on there), stop-copy (while it stands still)",
        HelpName = "MODE",
        CustomParser = ModeOf,
        CompletionSources = { "auto", "precopy", "postcopy", "stop-copy" },
    };

    private readonly Option<bool> _all = new("--all", "-a") { Description = "All machines of the application that are here, one after the other" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only say whether anything is known to be in the way" };
    private readonly Option<bool> _cancel = new("--cancel") { Description = "Call off the move of a machine that is under way" };
    private readonly OutputOptions _output = new();
    private readonly ProjectOptions _project;

    public MigrateCommand(CliContext context)
        : base(
            context,
            CommandGroup.Machines,
            "migrate",
            "Move a machine to another node of the cluster while it serves: memory, files and connections go with it.",
            new("figment migrate cache-1 node-b", "its clients notice a pause"),
            new("figment migrate --all node-b", "the whole application of this folder"),
            new("figment migrate --dry-run cache-1 node-b", "whether anything is in the way"))
    {
        MachineArguments.Complete(_machine, context);
        Add(_machine);
        Add(_node);
        Add(_mode);
        Add(_all);
        Add(_dryRun);
        Add(_cancel);
        _output.AddTo(this);
        _project = AddProject(shortFile: false);
        Does(ExecuteAsync);
    }

    /// <summary>With hyphens or without.</summary>
    private static MoveMode ModeOf(ArgumentResult result)
    {
        string said = string.Join(' ', result.Tokens.Select(token => token.Value));
        if (Enum.GetValues<MoveMode>().Where(mode => mode.ToString().Equals(said.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase)).ToList() is [var found])
        {
            return found;
        }

        result.AddError($"--mode takes auto, precopy, postcopy or stop-copy, not '{said}'");
        return default;
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            string first = parsed.GetRequiredValue(_machine);
            if (parsed.GetValue(_cancel))
            {
                await CancelAsync(parsed, client, first, cancellationToken).ConfigureAwait(false);
                return ExitCodes.Ok;
            }

            bool all = parsed.GetValue(_all);
            string node = (all ? first : parsed.GetValue(_node)) ?? throw new CliException("migrate needs the node that the machine is to go to; figment node ls shows them", exitCode: ExitCodes.Usage);
            var targets = Targets(parsed, client, _project);
            var machines = all ? await targets.FindAsync([], cancellationToken).ConfigureAwait(false) : [await targets.FindOneAsync(first, null, cancellationToken).ConfigureAwait(false)];
            var done = new List<MoveView>();
            foreach (var machine in machines.Where(machine => !all || machine.State is not (MachineState.Elsewhere or MachineState.Stopped or MachineState.Failed or MachineState.Completed)))
            {
                if (await MoveAsync(parsed, client, machine, node, cancellationToken).ConfigureAwait(false) is { } move)
                {
                    done.Add(move);
                }
            }

            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, done, CliJson.Default.IReadOnlyListMoveView);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);

    private async Task CancelAsync(ParseResult parsed, FigmentClient client, string name, CancellationToken cancellationToken)
    {
        var machine = await Targets(parsed, client, _project).FindOneAsync(name, null, cancellationToken).ConfigureAwait(false);
        var moves = await client.GetMigrationsAsync(cancellationToken).ConfigureAwait(false);
        var move = moves.LastOrDefault(move => move.Application == machine.Application && move.Machine == machine.Machine && move.Phase is not ("done" or "aborted"))
            ?? throw new CliException($"{machine.Machine} is not on its way to another node", $"figment why {machine.Machine}");
        await client.CancelMigrationAsync(move.Id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null: it was only looked at.</summary>
    private async Task<MoveView?> MoveAsync(ParseResult parsed, FigmentClient client, MachineView machine, string node, CancellationToken cancellationToken)
    {
        var request = new MoveRequest { Node = node, Mode = parsed.GetValue(_mode), DryRun = parsed.GetValue(_dryRun) };
        var lines = Told(client.MigrateAsync(machine.Application, machine.Machine, request, cancellationToken), cancellationToken);
        var last = await new ProgressView(Context, parsed).ShowAsync(lines, cancellationToken).ConfigureAwait(false);
        if (!_output.IsJson(parsed))
        {
            await Context.Out.WriteLineAsync(last.Move is { } move
                ? $"{machine.Machine}  is at node {node}; {MoveText.Summary(move)}\n  {MoveText.Timeline(move)}"
                : $"{machine.Machine}  can move to node {node}, as far as is known").ConfigureAwait(false);
        }

        return last.Move;
    }

    /// <summary>What is known of the move stands in its status.</summary>
    private static async IAsyncEnumerable<ProgressLine> Told(IAsyncEnumerable<ProgressLine> lines, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var line in lines.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return line is { Status: not null, Move: { } move } ? line with { Status = MoveText.Status(move) } : line;
        }
    }
}
