using System.CommandLine;
using Figment.Cli.Completion;
using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands;

internal sealed class CompletionCommand : FigmentCommand
{
    private readonly Argument<string> _shell = new("shell") { HelpName = "SHELL", Description = "bash, zsh or fish" };

    public CompletionCommand(CliContext context)
        : base(
            context,
            CommandGroup.Node,
            "completion",
            "Write the script that makes a shell's Tab key know figment's commands and machines.",
            new("figment completion bash > /etc/bash_completion.d/figment", "bash"),
            new("figment completion zsh > /usr/local/share/zsh/site-functions/_figment", "zsh"),
            new("figment completion fish > ~/.config/fish/completions/figment.fish", "fish"))
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Add(_shell);
        Does((parsed, _) =>
        {
            context.Out.Write(ShellScripts.Of(parsed.GetRequiredValue(_shell)));
            return Task.FromResult(ExitCodes.Ok);
        });
    }
}
