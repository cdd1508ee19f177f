using System.Globalization;
using System.Text;
using Figment.Compose.Schema;

namespace Figment.Compose.Tests.Support;

/// <summary>The schema as the tables of docs/compose.md.</summary>
internal static class KeyTable
{
    public static string Render()
    {
        var text = new StringBuilder();
        Table(text, "Top level", [.. ComposeSchema.TopLevel.Keys!.Where(key => key.Shape.Values?.Keys is null && key.Name is not ("include" or "x-figment"))]);
        foreach (string section in (string[])["services", "networks", "volumes", "configs", "secrets"])
        {
            Table(text, $"`{section}.NAME`", [.. ComposeSchema.TopLevel.Find(section)!.Shape.Values!.Keys!.Where(key => key.Name != "x-figment")]);
        }

        Table(text, "`include[]`", ComposeSchema.Include.Keys!);
        Table(text, "`x-figment`, at the top level and in a service", ServiceParts.Figment.Keys!);
        return text.ToString();
    }

    private static void Table(StringBuilder text, string title, IReadOnlyList<SchemaKey> keys)
    {
        text.Append(CultureInfo.InvariantCulture, $"### {title}\n\n| key | value | support | notes |\n|---|---|---|---|\n");
        foreach (SchemaKey key in keys)
        {
            Rows(text, key, string.Empty);
        }

        text.Append('\n');
    }

    private static void Rows(StringBuilder text, SchemaKey key, string path)
    {
        string full = path + key.Name;
        string support = key.Support switch
        {
            SupportLevel.Works => "works",
            SupportLevel.Warns => "warns",
            SupportLevel.Obsolete => "obsolete",
            _ => "refused",
        };
        string expected = key.Shape.Anything ? string.Empty : key.Shape.Expected;
        text.Append(CultureInfo.InvariantCulture, $"| `{full}` | {expected} | {support} | {key.Note} |\n");
        (IReadOnlyList<SchemaKey>? below, string joint) = (key.Shape.Keys, key.Shape.Items?.Keys, key.Shape.Values?.Keys) switch
        {
            ({ } keys, _, _) => (keys, "."),
            (_, { } items, _) => (items, "[]."),
            (_, _, { } values) => (values, ".NAME."),
            _ => (null, string.Empty),
        };
        foreach (SchemaKey child in below ?? [])
        {
            Rows(text, child, full + joint);
        }
    }
}
