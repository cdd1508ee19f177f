namespace Figment.Compose.Schema;

/// <summary>What a value may be. Null stands for "not said" wherever a list or mapping may stand.</summary>
internal sealed record Shape
{
    public ScalarTypes Scalars { get; init; }

    /// <summary>A list of these.</summary>
    public Shape? Items { get; init; }

    /// <summary>A mapping with these keys and <c>x-*</c>.</summary>
    public IReadOnlyList<SchemaKey>? Keys { get; init; }

    /// <summary>A mapping with any keys and these values.</summary>
    public Shape? Values { get; init; }

    /// <summary>Not looked into.</summary>
    public bool Anything { get; init; }

    /// <summary>For messages.</summary>
    public required string Expected { get; init; }

    public bool IsCollection => Items is not null || Keys is not null || Values is not null;

    /// <summary>The key of a closed mapping, or null.</summary>
    public SchemaKey? Find(string name) => Keys?.FirstOrDefault(key => key.Name == name);
}
