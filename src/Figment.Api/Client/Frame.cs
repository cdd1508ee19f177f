namespace Figment.Api.Client;

/// <summary>One frame.</summary>
/// <param name="Kind">What it carries.</param>
/// <param name="Payload">Valid until the next frame is read.</param>
public readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Payload);
