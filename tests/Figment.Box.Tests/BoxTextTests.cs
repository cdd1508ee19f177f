using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Figment.Box.Control.Text;
using Figment.Model.Control;
using Figment.Tests;

namespace Figment.Box.Tests;

/// <summary>The lines that the box reads and writes by hand are those that the serializer reads and writes, in every field.</summary>
public sealed class BoxTextTests(ITestOutputHelper output)
{
    public static TheoryData<Type> ToBox =>
        [typeof(BoxMessage.Launch), typeof(BoxMessage.Hello), typeof(BoxMessage.Granted), typeof(BoxMessage.NewPlaceholder), typeof(BoxMessage.StopProgram), typeof(BoxMessage.SignalProgram), typeof(BoxMessage.IdlePolicy), typeof(BoxMessage.Freeze), typeof(BoxMessage.Thaw), typeof(BoxMessage.Checkpoint), typeof(BoxMessage.KeptSockets), typeof(BoxMessage.Release)];

    public static TheoryData<Type> FromBox =>
    [
        typeof(BoxMessage.Report), typeof(BoxMessage.Started), typeof(BoxMessage.StartFailed), typeof(BoxMessage.NotRestored), typeof(BoxMessage.Listening), typeof(BoxMessage.PlaceholderClosed),
        typeof(BoxMessage.Wanted), typeof(BoxMessage.HealthChanged), typeof(BoxMessage.Exited), typeof(BoxMessage.Quiet), typeof(BoxMessage.Active), typeof(BoxMessage.Load), typeof(BoxMessage.Frozen), typeof(BoxMessage.Busy), typeof(BoxMessage.Reclaimed), typeof(BoxMessage.Thawed), typeof(BoxMessage.CheckpointFailed), typeof(BoxMessage.Checkpointed), typeof(BoxMessage.KeptSockets), typeof(BoxMessage.Held), typeof(BoxMessage.Goes), typeof(BoxMessage.MemoryMissing), typeof(BoxMessage.MemoryComplete), typeof(BoxMessage.Departed),
    ];

    [Fact]
    public void Every_message_is_one_or_the_other() =>
        Assert.Equal(
            typeof(BoxMessage).GetNestedTypes().Where(type => type.IsAssignableTo(typeof(BoxMessage))).Order(Comparer<Type>.Create(ByName)),
            ToBox.Concat(FromBox).Select(row => row.Data).Distinct().Order(Comparer<Type>.Create(ByName)));

    [Theory]
    [MemberData(nameof(ToBox))]
    public void A_message_to_the_box_is_read_in_every_field(Type type)
    {
        for (int variant = 0; variant < 4; variant++)
        {
            string sent = Serialized((BoxMessage)Filled(type, new Filler(variant)));

            Assert.Equal(sent, Serialized(BoxText.Read(Encoding.UTF8.GetBytes(sent))));
        }
    }

    [Theory]
    [MemberData(nameof(FromBox))]
    public void A_message_from_the_box_is_written_in_every_field(Type type)
    {
        for (int variant = 0; variant < 4; variant++)
        {
            var message = (BoxMessage)Filled(type, new Filler(variant));

            Assert.Equal(Serialized(message), Serialized(JsonSerializer.Deserialize(BoxText.Write(message).Span, ControlJson.Default.BoxMessage)!));
        }
    }

    [Theory]
    [MemberData(nameof(ToBox))]
    public void What_is_absent_has_its_default(Type type)
    {
        string sent = Serialized((BoxMessage)Filled(type, new Filler(variant: 1, onlyRequired: true)));
        using var document = JsonDocument.Parse(sent);
        string line = OnlyRequired(document.RootElement, type);

        Assert.Equal(sent, Serialized(BoxText.Read(Encoding.UTF8.GetBytes(line))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"is":"explode"}""")]
    [InlineData("""{"is":7}""")]
    [InlineData("""{"is":"granted"}""")]
    [InlineData("""{"is":"granted","id":"seven"}""")]
    [InlineData("""{"is":"kill","signal":99999999999}""")]
    [InlineData("""{"is":"placeholder","port":80,"protocol":"Sctp","family":"Ipv4"}""")]
    [InlineData("""{"is":"launch","application":"shop","epoch":1,"machine":[]}""")]
    public void A_line_that_is_no_message_is_refused(string line) =>
        Assert.Throws<InvalidDataException>(() => BoxText.Read(Encoding.UTF8.GetBytes(line)));

    [Fact]
    [Trait("fuzz", "box")]
    public void A_damaged_line_is_read_or_refused()
    {
        byte[][] lines = [.. ToBox.Select(row => Encoding.UTF8.GetBytes(Serialized((BoxMessage)Filled(row.Data, new Filler(1)))))];
        new FuzzRun("box", output).Run(random =>
        {
            byte[] damaged = [.. lines[random.Next(lines.Length)]];
            for (int count = random.Next(1, 4); count > 0; count--)
            {
                damaged[random.Next(damaged.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"\"{}[],:0-9a\\"[random.Next(12)];
            }

            try
            {
                _ = BoxText.Read(damaged);
                return true;
            }
            catch (InvalidDataException)
            {
                return false;
            }
        });
    }

    private static int ByName(Type? one, Type? other) => string.CompareOrdinal(one?.Name, other?.Name);

    private static string Serialized(BoxMessage message) => JsonSerializer.Serialize(message, ControlJson.Default.BoxMessage);

    /// <summary>The object without the fields that its type does not require, at every level.</summary>
    private static string OnlyRequired(JsonElement element, Type type)
    {
        var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, element, type);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element, Type type)
    {
        if (element.ValueKind != JsonValueKind.Object || !type.Namespace!.StartsWith("Figment", StringComparison.Ordinal))
        {
            element.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var field in element.EnumerateObject())
        {
            var property = type.GetProperty(field.Name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is null || property.IsDefined(typeof(RequiredMemberAttribute)))
            {
                writer.WritePropertyName(field.Name);
                Write(writer, field.Value, property?.PropertyType ?? typeof(string));
            }
        }

        writer.WriteEndObject();
    }

    private static object Filled(Type type, Filler filler)
    {
        object made = RuntimeHelpers.GetUninitializedObject(type);
        var defaults = type.GetConstructor(Type.EmptyTypes) is { } constructor ? constructor.Invoke(null) : made;
        foreach (var property in type.GetProperties().Where(property => property.CanWrite))
        {
            bool isRequired = property.IsDefined(typeof(RequiredMemberAttribute));
            property.SetValue(made, filler.IsWanted(isRequired) ? filler.Value(property) : property.GetValue(defaults));
        }

        return made;
    }

    /// <summary>Values that differ from field to field and from any default.</summary>
    private sealed class Filler(int variant, bool onlyRequired = false)
    {
        private int _last = 100 * (variant + 1);

        public bool IsWanted(bool isRequired) => isRequired || !onlyRequired;

        public object? Value(PropertyInfo property) =>
            variant == 2 && new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable ? null : Value(property.PropertyType);

        private object? Value(Type type)
        {
            type = Nullable.GetUnderlyingType(type) ?? type;
            _last++;
            if (type.IsEnum)
            {
                var values = Enum.GetValues(type);
                return values.GetValue((_last + variant) % values.Length);
            }

            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            {
                var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(type.GenericTypeArguments))!;
                for (int count = 0; count < variant; count++)
                {
                    list.Add(Value(type.GenericTypeArguments[0]));
                }

                return list;
            }

            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
            {
                return Activator.CreateInstance(type, Value(type.GenericTypeArguments[0]), Value(type.GenericTypeArguments[1]));
            }

            return Type.GetTypeCode(type) switch
            {
                TypeCode.String => $"text \"{_last}\" ü\n",
                TypeCode.Int32 => _last,
                TypeCode.Int64 => 5_000_000_000L + _last,
                TypeCode.Double => _last + 0.25,
                TypeCode.Boolean => (_last + variant) % 2 == 0,
                _ when type == typeof(DateTimeOffset) => DateTimeOffset.UnixEpoch.AddTicks(_last),
                _ when type == typeof(IReadOnlyDictionary<string, string>) => new Dictionary<string, string> { [$"key {_last}"] = $"value {_last}" },
                _ => Filled(type, this),
            };
        }
    }
}
