using System.Net;

namespace Figment.Migration.Images;

/// <summary>What a machine that begins from another's snapshot is called there and here.</summary>
/// <param name="HostName">It has.</param>
/// <param name="Addresses">By the other's addresses its own, of the same networks.</param>
public sealed record CloneNames(string HostName, IReadOnlyDictionary<IPAddress, IPAddress> Addresses);
