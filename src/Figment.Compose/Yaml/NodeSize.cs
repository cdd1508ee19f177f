namespace Figment.Compose.Yaml;

internal static class NodeSize
{
    /// <summary>Saturates instead of overflowing: nine lists of nine aliases each grow past any integer.</summary>
    public static int Sum(IEnumerable<Node> nodes)
    {
        long sum = 0;
        foreach (Node node in nodes)
        {
            sum += node.Size;
        }

        return (int)Math.Min(sum, int.MaxValue / 2);
    }
}
