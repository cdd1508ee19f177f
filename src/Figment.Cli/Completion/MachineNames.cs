using System.CommandLine.Completions;
using Figment.Api.Client;
using Figment.Cli.Hosting;

namespace Figment.Cli.Completion;

/// <summary>Names for the Tab key: asked of a daemon that runs, within a time that nobody notices; nothing else is offered, nothing started, nothing said.</summary>
internal sealed class MachineNames(CliContext context)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(400);

    public IEnumerable<CompletionItem> Offer()
    {
        try
        {
            using var client = new DaemonConnection(context).Client();
            using var deadline = new CancellationTokenSource(Deadline, context.Time);
            var machines = client.GetMachinesAsync(null, deadline.Token).GetAwaiter().GetResult();
            return [.. machines.Select(machine => machine.Machine).Concat(machines.Select(machine => machine.Service)).Distinct().Order(StringComparer.Ordinal).Select(name => new CompletionItem(name))];
        }
        catch (Exception exception) when (exception is IOException or FigmentApiException or OperationCanceledException or CliException or InvalidDataException)
        {
            return [];
        }
    }
}
