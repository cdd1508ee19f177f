using System.Text.Json;
using Figment.Api.Contract;
using Figment.Cluster.Grains;
using Figment.Node;
using Figment.Node.Errors;
using Figment.Node.Operations;
using ErrorCode = Figment.Api.Contract.ErrorCode;

namespace Figment.Cluster;

/// <summary>Changes, as the API asks for them: they go through grains; what becomes of them is read from the node's operation.</summary>
public sealed class ClusterFacade(IGrainFactory grains, NodeService node)
{
    public Task<Operation> UpAsync(UpRequest request) =>
        SendAsync(id => grains.GetGrain<IApplicationGrain>(request.Application.Name).UpAsync(new UpCommand(id, JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.UpRequest))));

    public Task<Operation> DownAsync(string application, bool volumes, long? graceMs) =>
        SendAsync(id => grains.GetGrain<IApplicationGrain>(application).DownAsync(new DownCommand(id, volumes, graceMs)));

    public Task<Operation> ActAsync(string application, string machine, string action, ActionRequest request, bool force) =>
        SendAsync(id => grains.GetGrain<IMachineGrain>($"{application}/{machine}").ActAsync(new ActCommand(id, action, JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.ActionRequest), force)));

    private async Task<Operation> SendAsync(Func<string, Task<GrainReply>> send)
    {
        string id = Guid.NewGuid().ToString("N");
        GrainReply reply;
        try
        {
            reply = await send(id).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            // The outcome is unknown: it is read back.
            return node.FindOperation(id) ?? throw new NodeException(ErrorCode.Unavailable, "the cluster has not answered in time, and the node has not begun", "try again", exception);
        }

        if (reply.ReadError() is { } error)
        {
            throw new NodeException(error.Code, error.Message, error.Hint) { ExitCode = error.ExitCode };
        }

        return node.FindOperation(id) ?? throw new NodeException(ErrorCode.Internal, $"operation {id} was handed to the node, which does not know it");
    }
}
