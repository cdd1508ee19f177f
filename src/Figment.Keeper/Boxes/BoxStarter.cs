using System.Collections;
using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;
using Figment.Model;

namespace Figment.Keeper.Boxes;

/// <summary>Starts <c>figment-box</c> in a session of its own, its end of the pair as standard input, output to <c>box.log</c> in the machine's runtime folder.</summary>
internal sealed class BoxStarter(string runtimeDirectory) : IBoxStarter
{
    private const int LogMode = 0b110_000_000;

    /// <summary>The keeper's own environment: the box gives the program only what its launch record says.</summary>
    private readonly string[] _environment =
        [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}")];

    public StartedBox Start(string machine, string path)
    {
        string folder = Places.MachineRuntime(runtimeDirectory, machine);
        Directory.CreateDirectory(folder);
        using var log = FileCalls.Open(Path.Combine(folder, "box.log"), FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_APPEND, LogMode);
        var (ours, theirs) = DescriptorSocket.Pair();
        using (theirs)
        {
            try
            {
                int pid = Spawner.Spawn(path, [path, machine], _environment, theirs, log);
                return new StartedBox(ours, Pidfd.Open(pid), IsChild: true);
            }
            catch
            {
                ours.Dispose();
                throw;
            }
        }
    }
}
