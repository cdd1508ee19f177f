namespace Figment.Machines.Billing;

/// <summary>The price lists that stand in <c>prices/</c> of the sources, as they were at the build.</summary>
public static class BuiltInPrices
{
    private const string Prefix = "prices/";

    /// <summary>By name.</summary>
    public static IReadOnlyList<PriceList> All => field ??= Read();

    private static List<PriceList> Read()
    {
        var assembly = typeof(BuiltInPrices).Assembly;
        var lists = new List<PriceList>();
        foreach (string name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            byte[] text = new byte[stream.Length];
            stream.ReadExactly(text);
            lists.Add(PriceFile.Parse(name, text));
        }

        return [.. lists.OrderBy(list => list.Name, StringComparer.Ordinal)];
    }
}
