using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;

namespace Figment.Cli.Commands;

internal sealed class PullCommand : FigmentCommand
{
    private readonly Argument<string[]> _references = new("references") { HelpName = "IMAGE", Description = "References; by default the images of this folder's application", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _platform = new("--platform") { Description = "Operating system and processor, as linux/amd64", HelpName = "PLATFORM" };
    private readonly Option<string[]> _insecure = new("--insecure-registry") { Description = "A registry that may be spoken to over plain HTTP (may be given again)", HelpName = "HOST" };
    private readonly Option<string?> _username = new("--username") { Description = "Name at the registry", HelpName = "NAME" };
    private readonly Option<bool> _passwordStdin = new("--password-stdin") { Description = "Read the password from stdin" };
    private readonly OutputOptions _output = new(quiet: "ids");
    private readonly ProjectOptions _project;

    public PullCommand(CliContext context)
        : base(
            context,
            CommandGroup.Images,
            "pull",
            "Fetch images from their registries.",
            new("figment pull", "all images of this folder's application"),
            new("figment pull redis:7", "one image"),
            new("figment pull --username me --password-stdin registry.local/app < password", "with an account"))
    {
        Add(_references);
        Add(_platform);
        Add(_insecure);
        Add(_username);
        Add(_passwordStdin);
        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            string[] references = parsed.GetValue(_references) ?? [];
            if (references.Length == 0)
            {
                references = [.. new ComposeFiles(Context).Load(Selection(parsed, _project), []).Services.Select(service => service.Image).OfType<string>().Distinct()];
            }

            string? password = parsed.GetValue(_passwordStdin) ? await new StreamReader(Context.RawInput).ReadLineAsync(cancellationToken).ConfigureAwait(false) : null;
            var images = new List<ImageView>();
            foreach (string reference in references)
            {
                var request = new PullRequest
                {
                    Reference = reference,
                    Platform = parsed.GetValue(_platform),
                    InsecureRegistries = parsed.GetValue(_insecure) ?? [],
                    Username = parsed.GetValue(_username),
                    Password = password,
                };
                var last = await new ProgressView(Context, parsed).ShowAsync(client.PullImageAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
                images.AddRange(last.Images ?? []);
            }

            ImageResult.Write(Context, parsed, _output, images);
            return ExitCodes.Ok;
        },
        cancellationToken);
}
