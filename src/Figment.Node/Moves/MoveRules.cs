using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Node.Moves;

/// <summary>What binds a machine to its node.</summary>
internal static class MoveRules
{
    /// <summary>Null: nothing.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="runtime">Its application's runtime folder: configs and secrets lie there, and go with it.</param>
    public static string? Complaint(MachineLaunch machine, string runtime)
    {
        string files = Path.Combine(runtime, "files") + "/";
        var bound = machine.Mounts.FirstOrDefault(mount => mount.Kind == MountKind.Volume || (mount.Kind == MountKind.Bind && !mount.Source!.StartsWith(files, StringComparison.Ordinal)));
        return bound is { Kind: MountKind.Volume } ? $"what is at {bound.Target} is on a volume of this node"
            : bound is not null ? $"{bound.Source}, bound at {bound.Target}, is a folder of this node"
            : machine.OneOff ? "it was made by figment run"
            : machine.Elastic is not null ? $"service {machine.Service} is elastic, and its machines share an address that is this node's"
            : machine.Interfaces.Count == 0 ? "it has no network"
            : null;
    }
}
