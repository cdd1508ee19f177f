using Figment.Linux.Cgroups;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Namespaces;
using Figment.Migration.Engine;

namespace Figment.Box.Checkpoints;

/// <summary>What a CRIU that was killed leaves behind in a machine that goes on: a table that keeps all packets away, and connections in repair, which send nothing.</summary>
internal static class BrokenDump
{
    /// <summary>Without such remains nothing happens.</summary>
    /// <param name="cgroup">The machine's.</param>
    /// <param name="network">Its network namespace.</param>
    /// <exception cref="Figment.Migration.Criu.CriuException">The table could not be taken away.</exception>
    public static void Mend(MachineCgroup cgroup, Descriptor network)
    {
        foreach (var (socket, identity, _) in MachineSockets.Of(cgroup))
        {
            using (socket)
            {
                if (identity.IsTcp && InternetSocket.IsInRepair(socket))
                {
                    InternetSocket.EndRepair(socket);

                    // The end of repair takes that away, and the machine's next program would find its port taken for as long as the kernel remembers the connection.
                    InternetSocket.SetReuseAddress(socket);
                }
            }
        }

        NamespaceThread.Run(network, NamespaceKind.Network, LockTable.RemoveAll);
    }
}
