namespace Figment.Compose.Yaml;

internal sealed class SequenceNode(Place place, IReadOnlyList<Node> items, NodeTag tag = NodeTag.None)
    : Node(place, tag, 1 + NodeSize.Sum(items), 1 + items.Select(item => item.Height).DefaultIfEmpty().Max())
{
    public IReadOnlyList<Node> Items => items;

    public override string Description => "a list";
}
