using Figment.Model.Specs;

namespace Figment.Box.Freezing;

/// <summary>Who sent what made a frozen machine go on.</summary>
/// <param name="FromAddress">Address and port; null: not known.</param>
/// <param name="Port">Of the machine.</param>
/// <param name="Protocol">How it came.</param>
internal sealed record Newcomer(string? FromAddress, int Port, TransportProtocol Protocol);
