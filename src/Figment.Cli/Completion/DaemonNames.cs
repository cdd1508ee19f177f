using System.CommandLine.Completions;
using Figment.Api.Client;
using Figment.Cli.Hosting;

namespace Figment.Cli.Completion;

/// <summary>Names for the Tab key: asked of a daemon that runs, within a time that nobody notices; nothing else is offered, nothing started, nothing said.</summary>
internal abstract class DaemonNames(CliContext context)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(400);

    public IEnumerable<CompletionItem> Offer()
    {
        try
        {
            using var client = new DaemonConnection(context).Client();
            using var deadline = new CancellationTokenSource(Deadline, context.Time);
            return [.. AskAsync(client, deadline.Token).GetAwaiter().GetResult().Distinct().Order(StringComparer.Ordinal).Select(name => new CompletionItem(name))];
        }
        catch (Exception exception) when (exception is IOException or FigmentApiException or OperationCanceledException or CliException or InvalidDataException)
        {
            return [];
        }
    }

    protected abstract Task<IEnumerable<string>> AskAsync(FigmentClient client, CancellationToken cancellationToken);
}
