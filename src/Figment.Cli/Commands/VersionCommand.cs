using System.CommandLine;
using System.Reflection;
using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands;

internal sealed class VersionCommand : FigmentCommand
{
    private readonly OutputOptions _output = new();

    public VersionCommand(CliContext context)
        : base(context, CommandGroup.Node, "version", "Show the versions of figment and of the daemon, if one runs. None is started.", new("figment version", "both"), new("figment --version", "figment's alone"))
    {
        _output.AddTo(this);
        Does(ExecuteAsync);
    }

    public static string OwnVersion { get; } = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private async Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = new DaemonConnection(Context).Client();
        VersionView? daemon = null;
        string? problem = null;
        try
        {
            daemon = await client.GetVersionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (FigmentUnreachableException exception)
        {
            problem = exception.Message;
        }

        if (_output.IsJson(parsed))
        {
            CliJson.Write(Context.Out, new VersionRow { Client = OwnVersion, Daemon = daemon }, CliJson.Default.VersionRow);
            return ExitCodes.Ok;
        }

        await Context.Out.WriteLineAsync($"figment   {OwnVersion}").ConfigureAwait(false);
        await Context.Out.WriteLineAsync(daemon is null ? $"figmentd  not running ({problem})" : $"figmentd  {daemon.Version}  (kernel {daemon.Kernel}, cgroups {daemon.Cgroups})").ConfigureAwait(false);
        return ExitCodes.Ok;
    }
}
