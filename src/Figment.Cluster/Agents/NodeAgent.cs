using System.Text.Json;
using Figment.Api.Contract;
using Figment.Cluster.Grains;
using Figment.Node;
using Microsoft.Extensions.Logging;

namespace Figment.Cluster.Agents;

internal sealed class NodeAgent(GrainId id, Silo silo, ILoggerFactory logs, NodeService node) : GrainService(id, silo, logs), INodeAgent
{
    public Task BeginUpAsync(UpCommand command, long epoch)
    {
        var request = JsonSerializer.Deserialize(command.Request, ApiJson.Default.UpRequest) ?? throw new ArgumentException("an up without a request", nameof(command));
        node.Up(command.OperationId, request, epoch);
        return Task.CompletedTask;
    }

    public Task BeginDownAsync(string application, DownCommand command)
    {
        node.Down(command.OperationId, application, command.Volumes, command.GraceMs);
        return Task.CompletedTask;
    }

    public Task BeginActAsync(string application, string machine, ActCommand command)
    {
        var request = JsonSerializer.Deserialize(command.Request, ApiJson.Default.ActionRequest) ?? throw new ArgumentException("an action without a request", nameof(command));
        node.BeginAct(command.OperationId, application, machine, command.Action, request, command.Force);
        return Task.CompletedTask;
    }
}
