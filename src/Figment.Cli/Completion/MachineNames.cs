using Figment.Api.Client;
using Figment.Cli.Hosting;

namespace Figment.Cli.Completion;

internal sealed class MachineNames(CliContext context) : DaemonNames(context)
{
    protected override async Task<IEnumerable<string>> AskAsync(FigmentClient client, CancellationToken cancellationToken)
    {
        var machines = await client.GetMachinesAsync(null, cancellationToken).ConfigureAwait(false);
        return machines.Select(machine => machine.Machine).Concat(machines.Select(machine => machine.Service));
    }
}
