using Figment.Model;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Node.Moves;

/// <summary>What binds a machine to its node.</summary>
internal static class MoveRules
{
    /// <summary>Null: nothing.</summary>
    /// <param name="application">Its application.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="others">All machines of the node, by application: who else has its volumes.</param>
    /// <param name="places">Of the node.</param>
    public static string? Complaint(string application, MachineLaunch machine, IEnumerable<KeyValuePair<string, MachineLaunch>> others, Places places)
    {
        return machine.OneOff ? "it was made by figment run or clone"
            : machine.Elastic is not null ? $"service {machine.Service} is elastic, and its machines share an address that is this node's"
            : machine.Interfaces.Count == 0 ? "it has no network"
            : machine.Mounts.Select(Of).FirstOrDefault(complaint => complaint is not null);

        string? Of(MountLaunch mount) => mount switch
        {
            { Kind: MountKind.Bind, ReadOnly: false } => $"{mount.Source}, bound at {mount.Target}, is a folder of this node that it may write to: make it read-only, or a volume",
            { Kind: MountKind.Volume, Source: { } source } when !IsVolume(source) => $"what is at {mount.Target} is a folder of this node, or a part of a volume",
            { Kind: MountKind.Volume } when others.FirstOrDefault(other => (other.Key != application || other.Value.Name != machine.Name) && other.Value.Mounts.Any(own => own.Source == mount.Source)) is { Value: { } other }
                => $"{other.Name} has the volume at {mount.Target} too",
            _ => null,
        };

        bool IsVolume(string source) => Path.GetDirectoryName(source) is { } folder && (folder == places.Volumes || folder == Path.Combine(places.ApplicationState(application), "machines", machine.Name, "volumes"));
    }
}
