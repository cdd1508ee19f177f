using System.CommandLine;
using Figment.Cli.Completion;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands.Snapshots;

/// <summary>Arguments that name snapshots.</summary>
internal static class SnapshotArguments
{
    private const string Ways = "id or its beginning, NAME, APP/MACHINE for its newest, or APP/MACHINE:NAME";

    public static Argument<string> One(CliContext context) => Complete(new Argument<string>("snapshot") { HelpName = "SNAPSHOT", Description = Ways }, context);

    public static Argument<string[]> Many(CliContext context) =>
        Complete(new Argument<string[]>("snapshots") { HelpName = "SNAPSHOT", Description = Ways, Arity = ArgumentArity.OneOrMore }, context);

    public static Argument<string[]> ManyOrAll(CliContext context) =>
        Complete(new Argument<string[]>("snapshots") { HelpName = "SNAPSHOT", Description = $"{Ways}; by default all", Arity = ArgumentArity.ZeroOrMore }, context);

    private static T Complete<T>(T argument, CliContext context)
        where T : Argument
    {
        argument.CompletionSources.Add(_ => new SnapshotNames(context).Offer());
        return argument;
    }
}
