using Figment.Linux.Internet;
using Figment.Model.Specs;

namespace Figment.Box.Interposition;

/// <summary>Where a program connects to.</summary>
internal readonly record struct ConnectTarget(InternetEndpoint Endpoint, TransportProtocol Protocol);
