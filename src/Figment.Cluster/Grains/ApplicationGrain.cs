using System.Text.Json;
using Figment.Api.Contract;
using Figment.Cluster.Agents;
using Figment.Cluster.Storage;
using Figment.Node.Errors;
using Figment.Node.Journal;
using ErrorCode = Figment.Api.Contract.ErrorCode;

namespace Figment.Cluster.Grains;

internal sealed class ApplicationGrain(
    [PersistentState("desired", JournalGrainStorage.Name)] IPersistentState<DesiredApplication> desired,
    NodeAgents agents,
    NodeJournal journal) : Grain, IApplicationGrain
{
    private string Application => this.GetPrimaryKeyString();

    public async Task<GrainReply> UpAsync(UpCommand command)
    {
        var request = JsonSerializer.Deserialize(command.Request, ApiJson.Default.UpRequest) ?? throw new ArgumentException("an up without a request", nameof(command));
        var spec = request.Application with { Secrets = [.. request.Application.Secrets.Select(secret => secret with { Content = null })] };
        try
        {
            bool wasUp = desired.State.Up;
            await RecordAsync(command.OperationId, up: true, JsonSerializer.Serialize(spec, ClusterJson.Default.ApplicationSpec)).ConfigureAwait(true);
            var assignment = Assign(wasUp);
            await agents.Of(assignment.Node).BeginUpAsync(command, assignment.Epoch).ConfigureAwait(true);
            return GrainReply.Done;
        }
        catch (NodeException exception)
        {
            return GrainReply.Of(exception.ToError());
        }
    }

    public async Task<GrainReply> DownAsync(DownCommand command)
    {
        try
        {
            await RecordAsync(command.OperationId, up: false, string.Empty).ConfigureAwait(true);
            string node = journal.FindAssignment(Application)?.Node ?? agents.Own;
            await agents.Of(node).BeginDownAsync(Application, command).ConfigureAwait(true);
            return GrainReply.Done;
        }
        catch (NodeException exception)
        {
            return GrainReply.Of(exception.ToError());
        }
    }

    public Task<DesiredApplication> GetDesiredAsync() => Task.FromResult(desired.State);

    private async Task RecordAsync(string operation, bool up, string spec)
    {
        if (desired.State.LastOperation == operation)
        {
            return;
        }

        desired.State = new DesiredApplication { Up = up, Generation = desired.State.Generation + 1, Spec = spec, LastOperation = operation };
        await desired.WriteStateAsync().ConfigureAwait(true);
    }

    /// <summary>An application that is up stays where it is, under its epoch. One that comes up gets a new epoch, so that nothing of its last life can be mistaken for it.</summary>
    private Assignment Assign(bool wasUp)
    {
        var now = journal.FindAssignment(Application);
        if (now is not null && wasUp && agents.IsAlive(now.Node) && journal.Application(Application) is not null)
        {
            return now;
        }

        return journal.TryAssign(Application, agents.Own, now?.Epoch ?? 0)
            ?? throw new NodeException(ErrorCode.Conflict, $"application {Application} was assigned by somebody else at this moment", "try again");
    }
}
