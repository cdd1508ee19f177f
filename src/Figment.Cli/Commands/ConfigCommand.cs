using System.CommandLine;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class ConfigCommand : FigmentCommand
{
    private readonly Argument<string[]> _services = new("services") { HelpName = "SERVICE", Description = "Only these and what they depend on", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _names = new("--services") { Description = "Names of the services only" };
    private readonly Option<bool> _images = new("--images") { Description = "Names of the images only" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Only check: write nothing" };
    private readonly Option<bool> _json = new("--json") { Description = "JSON as the API takes it, instead of YAML" };
    private readonly ProjectOptions _project;

    public ConfigCommand(CliContext context)
        : base(
            context,
            CommandGroup.Applications,
            "config",
            "Show the Compose files as figment understands them: merged, resolved, in one form. No daemon is asked.",
            new("figment config", "the whole application as YAML"),
            new("figment config -q --compat strict", "check; keys without support are errors"),
            new("figment config --images", "what up would pull"))
    {
        Add(_services);
        Add(_names);
        Add(_images);
        Add(_quiet);
        Add(_json);
        _project = AddProject();
        Does((parsed, _) => Task.FromResult(Execute(parsed)));
    }

    private int Execute(ParseResult parsed)
    {
        var application = new ComposeFiles(Context).Load(Selection(parsed, _project), parsed.GetValue(_services) ?? []);
        if (parsed.GetValue(_quiet))
        {
            return ExitCodes.Ok;
        }

        if (parsed.GetValue(_names) || parsed.GetValue(_images))
        {
            var lines = parsed.GetValue(_names)
                ? application.Services.Select(service => service.Name)
                : application.Services.Select(service => service.Image).OfType<string>().Distinct().Order(StringComparer.Ordinal);
            if (parsed.GetValue(_json))
            {
                CliJson.Write(Context.Out, [.. lines], CliJson.Default.IReadOnlyListString);
                return ExitCodes.Ok;
            }

            foreach (string line in lines)
            {
                Context.Out.WriteLine(line);
            }
        }
        else if (parsed.GetValue(_json))
        {
            CliJson.Write(Context.Out, application, CliJson.Default.ApplicationSpec);
        }
        else
        {
            Context.Out.Write(ComposeFiles.Render(application));
        }

        return ExitCodes.Ok;
    }
}
