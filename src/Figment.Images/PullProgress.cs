namespace Figment.Images;

/// <summary>One layer's progress. <paramref name="Total"/> is its compressed size, <paramref name="Bytes"/> how much of that came (downloading) or was read (unpacking).</summary>
public sealed record PullProgress(string Digest, PullPhase Phase, long Bytes, long Total);
