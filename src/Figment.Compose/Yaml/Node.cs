namespace Figment.Compose.Yaml;

/// <summary>A value with its place. Immutable: aliases share nodes.</summary>
internal abstract class Node(Place place, NodeTag tag, int size, int height)
{
    public Place Place => place;

    public NodeTag Tag => tag;

    /// <summary>Nodes of this subtree with every alias written out.</summary>
    public int Size => size;

    /// <summary>Levels below and with this one.</summary>
    public int Height => height;

    /// <summary>For messages: "a list", "the number 5".</summary>
    public abstract string Description { get; }
}
