using System.Net;
using Figment.Keeper.Fabric;
using Figment.Model.Control;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Keeper.Lifecycle;

/// <summary>Why a frozen machine goes on, as the ledger tells it.</summary>
internal static class Causes
{
    public static Signal Of(BoxMessage.Thawed thawed, IFabric fabric) => thawed.Cause switch
    {
        ThawCause.Data => Data(thawed, fabric),
        ThawCause.Timer => new Signal { Kind = SignalKind.Timer, Detail = thawed.Detail },
        ThawCause.Undone => new Signal { Kind = SignalKind.Peer },
        _ => new Signal { Kind = SignalKind.User, Detail = thawed.Detail },
    };

    private static Signal Data(BoxMessage.Thawed thawed, IFabric fabric)
    {
        var signal = new Signal { Kind = SignalKind.Data, Port = thawed.Port, Protocol = thawed.Protocol, Detail = thawed.Detail };
        return IPEndPoint.TryParse(thawed.FromAddress ?? "", out var peer)
            ? signal with { FromMachine = fabric.MachineAt(peer.Address), FromAddress = fabric.OriginOf(peer).ToString() }
            : signal;
    }
}
