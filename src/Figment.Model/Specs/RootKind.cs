namespace Figment.Model.Specs;

/// <summary>Where a machine's root file system comes from (<c>x-figment.root</c>).</summary>
public enum RootKind
{
    /// <summary>The layers of the service's image.</summary>
    Image,

    /// <summary>The node's own file system, read-only beneath an overlay.</summary>
    Host,
}
