namespace Figment.Node.Keepers;

/// <summary>Nobody answers at an application's keeper socket.</summary>
public sealed class KeeperLostException(string application, string why, Exception? cause = null)
    : Exception($"the keeper of {application} does not answer: {why}", cause);
