using System.CommandLine;
using Figment.Cli.Completion;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands;

/// <summary>Arguments that name machines.</summary>
internal static class MachineArguments
{
    public static Argument<string[]> Many(string description) =>
        new("machines") { HelpName = "MACHINE|SERVICE", Description = description, Arity = ArgumentArity.ZeroOrMore };

    public static Argument<string> One() =>
        new("machine") { HelpName = "MACHINE", Description = "web-1, or web for the first machine of a service, or app/web-1" };

    /// <summary>The shell's Tab key offers the names that there are.</summary>
    public static void Complete(Argument argument, CliContext context) => argument.CompletionSources.Add(_ => new MachineNames(context).Offer());
}
