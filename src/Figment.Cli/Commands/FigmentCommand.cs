using System.CommandLine;
using Figment.Api.Client;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Projects;
using Figment.Cli.Targets;

namespace Figment.Cli.Commands;

/// <summary>A verb: its options, its examples and what it does.</summary>
internal abstract class FigmentCommand : Command
{
    protected FigmentCommand(CliContext context, CommandGroup group, string name, string description, params Example[] examples)
        : base(name, description)
    {
        Context = context;
        Group = group;
        Examples = examples;
    }

    public CommandGroup Group { get; }

    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Exit code of a failure that has none of its own.</summary>
    public virtual int FailureCode => ExitCodes.Failed;

    /// <summary>Those of its options that say which application; help shows them apart.</summary>
    public IReadOnlyList<Option> ProjectOptions { get; private set; } = [];

    protected CliContext Context { get; }

    /// <summary>Called by the constructor of a verb that does something itself (some only have verbs below them).</summary>
    protected void Does(Func<ParseResult, CancellationToken, Task<int>> action) => SetAction(action);

    /// <summary>Options that say which application.</summary>
    protected ProjectOptions AddProject(bool shortFile = true)
    {
        var options = new ProjectOptions(shortFile);
        options.AddTo(this);
        ProjectOptions = options.All;
        return options;
    }

    protected ProjectSelection Selection(ParseResult parsed, ProjectOptions options) => options.Read(parsed, Context.Global.Project);

    protected MachineTargets Targets(ParseResult parsed, FigmentClient client, ProjectOptions options) => new(Context, client, Selection(parsed, options));

    /// <summary>Runs with a client of the daemon, which is started if need be.</summary>
    protected async Task<int> WithClientAsync(Func<FigmentClient, Task<int>> body, CancellationToken cancellationToken)
    {
        using var client = await Context.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await body(client).ConfigureAwait(false);
    }
}
