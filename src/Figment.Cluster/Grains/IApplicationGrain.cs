namespace Figment.Cluster.Grains;

/// <summary>What is wanted of one application; the key is its name. It decides and records, and hands the work to the node's agent: no turn waits for the work itself.</summary>
[Alias("figment.application")]
public interface IApplicationGrain : IGrainWithStringKey
{
    /// <summary>Records that the application is wanted as described, assigns it to a node, and has that node begin.</summary>
    [Alias("up")]
    Task<GrainReply> UpAsync(UpCommand command);

    /// <summary>Records that the application is not wanted any more, and has its node begin to take it down.</summary>
    [Alias("down")]
    Task<GrainReply> DownAsync(DownCommand command);

    [Alias("desired")]
    Task<DesiredApplication> GetDesiredAsync();
}
