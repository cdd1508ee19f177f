using System.CommandLine;
using System.Globalization;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands;

internal sealed class ApplicationsCommand : FigmentCommand
{
    private readonly OutputOptions _output = new(quiet: "names");

    public ApplicationsCommand(CliContext context)
        : base(context, CommandGroup.Applications, "ls", "List the applications that are up on this node.", new("figment ls", "all"), new("figment ls -q", "their names"))
    {
        Aliases.Add("apps");
        _output.AddTo(this);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var applications = await client.GetApplicationsAsync(cancellationToken).ConfigureAwait(false);
            if (_output.IsQuiet(parsed))
            {
                foreach (var application in applications)
                {
                    await Context.Out.WriteLineAsync(application.Name).ConfigureAwait(false);
                }
            }
            else if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, applications, CliJson.Default.IReadOnlyListApplicationSummary);
            }
            else
            {
                var table = new ColumnWriter("NAME", "STATUS", "MACHINES", "RUNNING", "FILES");
                foreach (var application in applications)
                {
                    table.Add(
                        application.Name,
                        application.Status,
                        application.Machines.ToString(CultureInfo.InvariantCulture),
                        application.Running.ToString(CultureInfo.InvariantCulture),
                        application.Files.Count > 0 ? string.Join(',', application.Files) : application.WorkingDirectory);
                    table.Colour(1, application.Status == "up" ? Palette.Green : Palette.Yellow);
                }

                table.Write(Context.Out, Palette.ForOutput(Context, parsed));
            }

            return ExitCodes.Ok;
        },
        cancellationToken);
}
