namespace Figment.Compose.Schema;

/// <summary>The shapes that the tables are made of.</summary>
internal static class Shapes
{
    public static Shape Text { get; } = new() { Scalars = ScalarTypes.String, Expected = "a string" };

    public static Shape TextOrNumber { get; } = new() { Scalars = ScalarTypes.String | ScalarTypes.Number, Expected = "a string or a number" };

    public static Shape Number { get; } = new() { Scalars = ScalarTypes.String | ScalarTypes.Number, Expected = "a number" };

    public static Shape Size { get; } = new() { Scalars = ScalarTypes.String | ScalarTypes.Number, Expected = "a size such as 512m" };

    public static Shape Flag { get; } = new() { Scalars = ScalarTypes.String | ScalarTypes.Boolean, Expected = "true or false" };

    /// <summary>A bare number passes here: the reader says that it lacks a unit, which is the better message.</summary>
    public static Shape Duration { get; } = new() { Scalars = ScalarTypes.String | ScalarTypes.Number, Expected = "a duration such as 1m30s" };

    public static Shape AnyScalar { get; } = new() { Scalars = ScalarTypes.Any, Expected = "a string, a number or true or false" };

    public static Shape Anything { get; } = new() { Anything = true, Expected = "anything" };

    public static Shape TextList { get; } = ListOf(Text);

    public static Shape TextOrList { get; } = new() { Scalars = ScalarTypes.String, Items = Text, Expected = "a string or a list" };

    /// <summary>Null is allowed: it takes the image's away.</summary>
    public static Shape Command { get; } = new() { Scalars = ScalarTypes.String | ScalarTypes.Null, Items = Text, Expected = "a string or a list" };

    public static Shape ListOrMap { get; } = new() { Items = Text, Values = AnyScalar, Expected = "a list or a mapping" };

    public static Shape HostLines { get; } = new() { Items = Text, Values = TextOrList, Expected = "a list or a mapping" };

    public static Shape ListOf(Shape items) => new() { Items = items, Expected = "a list" };

    public static Shape MapOf(Shape values) => new() { Values = values, Expected = "a mapping" };

    public static Shape Keys(params IReadOnlyList<SchemaKey> keys) => new() { Keys = keys, Expected = "a mapping" };

    public static Shape TextOrKeys(params IReadOnlyList<SchemaKey> keys) => new() { Scalars = ScalarTypes.String, Keys = keys, Expected = "a string or a mapping" };

    public static Shape FlagOrKeys(params IReadOnlyList<SchemaKey> keys) => new() { Scalars = ScalarTypes.Boolean | ScalarTypes.String, Keys = keys, Expected = "true, false or a mapping" };
}
