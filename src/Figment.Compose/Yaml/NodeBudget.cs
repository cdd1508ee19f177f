namespace Figment.Compose.Yaml;

/// <summary>Counts the nodes of one load over all files, aliases and extended services written out.</summary>
internal sealed class NodeBudget
{
    private long _used;

    /// <summary>False once the load has grown too large.</summary>
    public bool Take(int nodes)
    {
        _used += nodes;
        return _used <= ComposeLimits.NodesMax;
    }
}
