using System.Net;

namespace Figment.Keeper.Gateways;

/// <summary>A published port's socket on the node. Made on any thread in the node's namespace, used on the loop's.</summary>
internal interface IGateway
{
    /// <summary>Serves from now on.</summary>
    void Start();

    /// <summary>Where new connections and flows lead from now on.</summary>
    void SetTargets(IReadOnlyList<IPEndPoint> targets);

    /// <summary>Frees the port and ends what it carries.</summary>
    void Stop();
}
