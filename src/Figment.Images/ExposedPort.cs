using Figment.Model.Specs;

namespace Figment.Images;

/// <summary>A port that an image says it serves (<c>EXPOSE</c>).</summary>
public readonly record struct ExposedPort(int Port, TransportProtocol Protocol);
