using System.Collections;
using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;

namespace Figment.Keeper.Boxes;

/// <summary>Starts <c>figment-box</c> in a session of its own, its end of the pair as standard input. What it says before it knows its machine goes to the keeper's log.</summary>
internal sealed class BoxStarter : IBoxStarter
{
    private const int StandardError = 2;

    /// <summary>The keeper's own environment: the box gives the program only what its launch record says.</summary>
    private readonly string[] _environment =
        [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}")];

    public StartedBox Start(string path)
    {
        var log = new Descriptor(StandardError);
        var (ours, theirs) = DescriptorSocket.Pair();
        using (theirs)
        {
            try
            {
                int pid = Spawner.Spawn(path, [path], _environment, theirs, log);
                return new StartedBox(ours, Pidfd.Open(pid), IsChild: true);
            }
            catch
            {
                ours.Dispose();
                throw;
            }
            finally
            {
                log.Release();
            }
        }
    }

    public void Expect(bool more, string path)
    {
    }
}
