namespace Figment.Migration.Handover;

/// <summary>What the target has on storage of a machine that moves here, before it says so.</summary>
public enum TargetRecord
{
    /// <summary>All of it is here, and stays until there is a verdict.</summary>
    Vote,

    /// <summary>The verdict was commit: the machine is this node's.</summary>
    Owner,
}
