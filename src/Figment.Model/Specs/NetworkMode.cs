namespace Figment.Model.Specs;

public enum NetworkMode
{
    /// <summary>The networks listed.</summary>
    Networks,

    /// <summary>Loopback only.</summary>
    None,
}
