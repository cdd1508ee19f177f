using Figment.Cluster.Grains;
using Orleans.Services;

namespace Figment.Cluster.Agents;

/// <summary>The node's side for grains: one on each silo, addressed by silo. Each call begins work and returns; what became of it is read back by the command's id.</summary>
[Alias("figment.agent")]
public interface INodeAgent : IGrainService
{
    [Alias("up")]
    Task BeginUpAsync(UpCommand command, long epoch);

    [Alias("down")]
    Task BeginDownAsync(string application, DownCommand command);

    [Alias("act")]
    Task BeginActAsync(string application, string machine, ActCommand command);
}
