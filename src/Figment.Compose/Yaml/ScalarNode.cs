using Figment.Compose.Diagnostics;

namespace Figment.Compose.Yaml;

internal sealed class ScalarNode(Place place, string text, ScalarKind kind, NodeTag tag = NodeTag.None) : Node(place, tag, 1, 1)
{
    /// <summary>As written, without quotes.</summary>
    public string Text => text;

    public ScalarKind Kind => kind;

    public bool IsNull => kind == ScalarKind.Null;

    public override string Description => kind switch
    {
        ScalarKind.Null => "nothing",
        ScalarKind.Boolean or ScalarKind.Integer or ScalarKind.Float => text,
        _ => Quote.Text(text),
    };
}
