namespace Figment.Node.Identity;

/// <param name="Id">Of the token.</param>
/// <param name="Hash">SHA-256 of its secret.</param>
/// <param name="Expires">From then on it is good for nothing.</param>
internal sealed record GivenToken(string Id, string Hash, DateTimeOffset Expires);
