using System.Text.Json;
using Figment.Api.Contract;

namespace Figment.Cluster.Grains;

/// <summary>What a grain answers: errors for the user go as data, so that they arrive as they were.</summary>
[GenerateSerializer]
[Alias("figment.reply")]
public sealed record GrainReply([property: Id(0)] byte[]? Error)
{
    public static readonly GrainReply Done = new((byte[]?)null);

    public static GrainReply Of(ApiError error) => new(JsonSerializer.SerializeToUtf8Bytes(error, ApiJson.Default.ApiError));

    public ApiError? ReadError() => Error is null ? null : JsonSerializer.Deserialize(Error, ApiJson.Default.ApiError);
}
