using System.Text.Json;
using Figment.Machines.States;
using Figment.Model.Launch;

namespace Figment.Keeper.Lifecycle;

/// <summary><c>keeper.json</c>.</summary>
internal static class LaunchFile
{
    public const string Name = "keeper.json";

    /// <exception cref="InvalidDataException">It is missing or not a launch record.</exception>
    public static ApplicationLaunch Read(string runtimeDirectory)
    {
        string path = Path.Combine(runtimeDirectory, Name);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), LaunchJson.Default.ApplicationLaunch) ?? throw new JsonException("null");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is not a launch record: {exception.Message}; figment up writes it anew", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{path} does not exist; figment up writes it", exception);
        }
    }

    /// <summary>
    /// What the networks must carry now: what is wanted, but machines whose box still runs, or that are on storage, as they were started, and with the networks those are in.
    /// </summary>
    public static ApplicationLaunch WithRunning(ApplicationLaunch wanted, ApplicationLaunch before, ApplicationSnapshot application)
    {
        var running = application.Machines.Values.Where(machine => machine.Box is not null || machine.IsStored).ToDictionary(machine => machine.Name, machine => machine.Launch, StringComparer.Ordinal);
        List<MachineLaunch> machines =
        [
            .. wanted.Machines.Select(machine => running.TryGetValue(machine.Name, out var old) && old.Revision != machine.Revision ? old : machine),
            .. running.Values.Where(old => wanted.Machines.All(machine => machine.Name != old.Name)),
        ];
        var networks = machines.SelectMany(machine => machine.Interfaces).Select(link => link.Network).ToHashSet(StringComparer.Ordinal);
        return wanted with
        {
            Machines = machines,
            Networks =
            [
                .. wanted.Networks,
                .. before.Networks.Where(old => networks.Contains(old.Name) && wanted.Networks.All(network => network.Name != old.Name)),
            ],
        };
    }
}
