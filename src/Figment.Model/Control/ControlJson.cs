using System.Text.Json.Serialization;

namespace Figment.Model.Control;

/// <summary>One message is one line of JSON, UTF-8, at most <see cref="LineBytesMax"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KeeperRequest))]
[JsonSerializable(typeof(KeeperReply))]
[JsonSerializable(typeof(BoxMessage))]
[JsonSerializable(typeof(StreamRequest))]
[JsonSerializable(typeof(StreamReply))]
public sealed partial class ControlJson : JsonSerializerContext
{
    /// <summary>A status of 1,000 machines is about 400 KiB; anything past this is a fault of the sender.</summary>
    public const int LineBytesMax = 4 * 1024 * 1024;
}
