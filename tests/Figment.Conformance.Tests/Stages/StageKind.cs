namespace Figment.Conformance.Tests.Stages;

/// <summary>Where the programs of a scenario run.</summary>
internal enum StageKind
{
    /// <summary>Plain processes of the node in network namespaces that ip(8) made.</summary>
    Native,

    /// <summary>Imaginary machines.</summary>
    Figment,
}
