using Figment.Cluster.Agents;
using Figment.Node.Errors;
using Figment.Node.Journal;
using ErrorCode = Figment.Api.Contract.ErrorCode;

namespace Figment.Cluster.Grains;

internal sealed class MachineGrain(NodeAgents agents, NodeJournal journal) : Grain, IMachineGrain
{
    private string Key => this.GetPrimaryKeyString();

    private string Application => Key[..Key.IndexOf('/', StringComparison.Ordinal)];

    private string Machine => Key[(Key.IndexOf('/', StringComparison.Ordinal) + 1)..];

    public async Task<GrainReply> ActAsync(ActCommand command)
    {
        try
        {
            var assignment = Find() ?? throw new NodeException(ErrorCode.NotFound, $"there is no application {Application}", "figment ls shows those that are up");
            await agents.Of(assignment.Node).BeginActAsync(Application, Machine, command).ConfigureAwait(true);
            return GrainReply.Done;
        }
        catch (NodeException exception)
        {
            return GrainReply.Of(exception.ToError());
        }
    }

    public Task<MachineAssignment?> GetAssignmentAsync() => Task.FromResult(Find());

    public Task<MachineAssignment?> AssignAsync(string node, long expectedEpoch) =>
        Task.FromResult(journal.TryAssign(Key, node, expectedEpoch) is { } won ? new MachineAssignment(won.Node, won.Epoch) : null);

    private MachineAssignment? Find() =>
        (journal.FindAssignment(Key) ?? journal.FindAssignment(Application)) is { } found ? new MachineAssignment(found.Node, found.Epoch) : null;
}
