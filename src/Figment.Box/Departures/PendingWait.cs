using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Polling;
using Figment.Linux.SocketDiagnostics;

namespace Figment.Box.Departures;

/// <summary>Waits for connections that are being made to become the program's: what is not when the machine stands still is not in its dump, or has to be made anew.</summary>
internal static class PendingWait
{
    /// <summary>Only new connections wait meanwhile. A program that is further behind does not serve them in time anyway.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private const int LookMs = 1;

    /// <summary>Until there are none. No new ones come: the other node gets their first packets.</summary>
    /// <param name="network">The machine's network namespace.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Those that there are all the same.</returns>
    public static PendingConnections Await(Descriptor network, TimeProvider time)
    {
        using var table = NamespaceThread.Run(network, NamespaceKind.Network, () => new SocketTable());
        using var pause = new Epoll();
        long begun = time.GetTimestamp();
        while (true)
        {
            var left = table.Pending();
            if (left.Count == 0 || time.GetElapsedTime(begun) > Patience)
            {
                return left;
            }

            pause.Wait(LookMs, []);
        }
    }
}
