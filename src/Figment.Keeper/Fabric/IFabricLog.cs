namespace Figment.Keeper.Fabric;

/// <summary>Where the fabric says what its user should know. Called from the keeper's thread and from the network thread.</summary>
internal interface IFabricLog
{
    void Information(string message);

    void Warning(string message);
}
