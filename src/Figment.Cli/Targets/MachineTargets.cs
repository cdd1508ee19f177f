using Figment.Api.Client;
using Figment.Api.Contract;
using Figment.Cli.Hosting;
using Figment.Cli.Projects;

namespace Figment.Cli.Targets;

/// <summary>
/// Finds what the user means. The application: <c>app/</c> before the name, else <c>-p</c> or <c>COMPOSE_PROJECT_NAME</c>, else the Compose file (<c>-f</c>, or one in this folder or above it), else the only one that is up.
/// </summary>
internal sealed class MachineTargets(CliContext context, FigmentClient client, ProjectSelection selection)
{
    private string? _application;
    private bool _sought;

    /// <exception cref="CliException">None, or it is not clear which.</exception>
    public async Task<string> ApplicationAsync(CancellationToken cancellationToken)
    {
        if (await TryApplicationAsync(cancellationToken).ConfigureAwait(false) is { } application)
        {
            return application;
        }

        var all = await client.GetApplicationsAsync(cancellationToken).ConfigureAwait(false);
        throw all.Count == 0
            ? new CliException("cannot tell which application is meant: none is up on this node", "figment up", ExitCodes.NotFound)
            : new CliException($"cannot tell which application is meant: {string.Join(", ", all.Select(one => one.Name))} are up", $"figment -p {all[0].Name} ...", ExitCodes.Usage);
    }

    /// <summary>Null: none is named and not exactly one is up.</summary>
    public async Task<string?> TryApplicationAsync(CancellationToken cancellationToken)
    {
        if (!_sought)
        {
            _application = await SeekAsync(cancellationToken).ConfigureAwait(false);
            _sought = true;
        }

        return _application;
    }

    /// <summary>The machines that the names mean, in the order of the names, each once; without names all of the application.</summary>
    /// <exception cref="CliException">A name means nothing.</exception>
    public async Task<IReadOnlyList<MachineView>> FindAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        if (names.Count == 0)
        {
            return await client.GetMachinesAsync(await ApplicationAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }

        var known = new Dictionary<string, IReadOnlyList<MachineView>>();
        var found = new List<MachineView>();
        foreach (var name in names.Select(MachineName.Parse))
        {
            string application = name.Application ?? await ApplicationAsync(cancellationToken).ConfigureAwait(false);
            if (!known.TryGetValue(application, out var machines))
            {
                machines = known[application] = await client.GetMachinesAsync(application, cancellationToken).ConfigureAwait(false);
            }

            found.AddRange(Matches(name, application, machines).Where(machine => !found.Contains(machine)));
        }

        return found;
    }

    /// <summary>One machine: of a service the one with that number, by default the first.</summary>
    public async Task<MachineView> FindOneAsync(string name, int? index, CancellationToken cancellationToken)
    {
        var machines = await FindAsync([name], cancellationToken).ConfigureAwait(false);
        if (index is not { } number)
        {
            return machines[0];
        }

        return machines.FirstOrDefault(machine => machine.Machine == $"{machine.Service}-{number}")
            ?? throw new CliException($"cannot find machine {number} of {name}: it has {string.Join(", ", machines.Select(machine => machine.Machine))}", "figment ps", ExitCodes.NotFound);
    }

    private static MachineView[] Matches(MachineName name, string application, IReadOnlyList<MachineView> machines)
    {
        // A machine's own name counts before a service of that name.
        MachineView[] found = [.. machines.Where(machine => machine.Machine == name.Name)];
        if (found.Length == 0)
        {
            found = [.. machines.Where(machine => machine.Service == name.Name).OrderBy(machine => machine.Machine.Length).ThenBy(machine => machine.Machine, StringComparer.Ordinal)];
        }

        return found.Length > 0
            ? found
            : throw new CliException($"cannot find '{name.Name}': application {application} has no machine or service of that name", $"figment -p {application} ps -a", ExitCodes.NotFound);
    }

    private async Task<string?> SeekAsync(CancellationToken cancellationToken)
    {
        if ((selection.Name ?? context.Variable("COMPOSE_PROJECT_NAME")) is { } name)
        {
            return name;
        }

        var files = new ComposeFiles(context);
        if (selection.Files.Count > 0 || selection.Directory is not null || files.Exists())
        {
            return files.Load(selection, []).Name;
        }

        var all = await client.GetApplicationsAsync(cancellationToken).ConfigureAwait(false);
        return all.Count == 1 ? all[0].Name : null;
    }
}
