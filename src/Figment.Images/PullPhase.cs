namespace Figment.Images;

/// <summary>Where a blob of an image is on its way into the store.</summary>
public enum PullPhase
{
    /// <summary>The store has it already.</summary>
    Present,
    Downloading,
    Unpacking,
    Done,
}
