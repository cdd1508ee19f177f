using System.Text.Json;

namespace Figment.Box.Control.Text;

/// <summary>Fields of a JSON object by name. A field that is absent and one that is null are the same; unknown ones are left alone.</summary>
internal static class JsonFields
{
    /// <exception cref="InvalidDataException">It is not there.</exception>
    public static JsonElement Required(this JsonElement parent, string name) =>
        parent.Find(name) ?? throw new InvalidDataException($"a message lacks {name}");

    public static JsonElement? Find(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string Text(this JsonElement parent, string name) => parent.Required(name).GetString()!;

    public static string? TextOrNull(this JsonElement parent, string name) => parent.Find(name)?.GetString();

    public static int Number(this JsonElement parent, string name) => parent.Required(name).GetInt32();

    public static int? NumberOrNull(this JsonElement parent, string name) => parent.Find(name)?.GetInt32();

    public static long Long(this JsonElement parent, string name) => parent.Required(name).GetInt64();

    public static long? LongOrNull(this JsonElement parent, string name) => parent.Find(name)?.GetInt64();

    public static double? RealOrNull(this JsonElement parent, string name) => parent.Find(name)?.GetDouble();

    public static bool? Flag(this JsonElement parent, string name) => parent.Find(name)?.GetBoolean();

    public static IReadOnlyList<string> Texts(this JsonElement parent, string name) => parent.List(name, item => item.GetString()!);

    /// <summary>As written: an object with <c>key</c> and <c>value</c> each.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Pairs(this JsonElement parent, string name) =>
        parent.List(name, item => new KeyValuePair<string, string>(item.Text("key"), item.Text("value")));

    public static IReadOnlyList<T> List<T>(this JsonElement parent, string name, Func<JsonElement, T> read)
    {
        if (parent.Find(name) is not { } array)
        {
            return [];
        }

        var list = new List<T>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            list.Add(read(item));
        }

        return list;
    }
}
