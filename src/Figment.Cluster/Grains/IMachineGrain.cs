namespace Figment.Cluster.Grains;

/// <summary>One machine's assignment; the key is <c>application/machine</c>. A machine is where its application is unless it was moved.</summary>
[Alias("figment.machine")]
public interface IMachineGrain : IGrainWithStringKey
{
    /// <summary>Has the machine's node begin what is asked.</summary>
    [Alias("act")]
    Task<GrainReply> ActAsync(ActCommand command);

    /// <summary>Node and epoch; null: its application is not here.</summary>
    [Alias("assignment")]
    Task<MachineAssignment?> GetAssignmentAsync();

    /// <summary>Gives the machine to a node under the next epoch, if it still has the expected one (0: none of its own). Null: somebody was first.</summary>
    [Alias("assign")]
    Task<MachineAssignment?> AssignAsync(string node, long expectedEpoch);
}
