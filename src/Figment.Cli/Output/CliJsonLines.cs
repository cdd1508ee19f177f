using System.Text.Json;
using System.Text.Json.Serialization;
using Figment.Api.Contract;

namespace Figment.Cli.Output;

/// <summary>JSON of streams on stdout: one object a line.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(IntervalView))]
[JsonSerializable(typeof(LogRow))]
[JsonSerializable(typeof(TimelineRow))]
internal sealed partial class CliJsonLines : JsonSerializerContext
{
    public static void Write(TextWriter output, EventView view) => output.WriteLine(JsonSerializer.Serialize(view, Default.EventView));

    public static void Write(TextWriter output, TimelineRow row) => output.WriteLine(JsonSerializer.Serialize(row, Default.TimelineRow));

    public static void Write(TextWriter output, IntervalView view) => output.WriteLine(JsonSerializer.Serialize(view, Default.IntervalView));

    public static void Write(TextWriter output, LogRow row) => output.WriteLine(JsonSerializer.Serialize(row, Default.LogRow));
}
