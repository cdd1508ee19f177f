using System.Threading.Channels;
using Figment.Model.Control;
using Figment.Model.Signals;

namespace Figment.Keeper.Control;

/// <summary>What the control socket asks of the keeper. Any thread.</summary>
internal interface IKeeperControl
{
    Task<KeeperReply> Ask(KeeperRequest request);

    /// <summary>Every event from now on.</summary>
    Channel<MachineEvent> Watch();

    void Unwatch(Channel<MachineEvent> watcher);
}
