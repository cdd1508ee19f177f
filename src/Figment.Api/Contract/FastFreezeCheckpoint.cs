using System.Text.Json.Serialization;

namespace Figment.Api.Contract;

/// <summary>
/// What FastFreeze's daemon takes at <c>/checkpoint</c>, in its spelling. What says how fast or how much is printed (<c>num_shards</c>, <c>cpu_budget</c>, <c>verbose</c>) may be there and means nothing here.
/// </summary>
public sealed record FastFreezeCheckpoint
{
    /// <summary>The machine goes on. False: it is stopped, as of the snapshot.</summary>
    [JsonPropertyName("leave_running")]
    public bool LeaveRunning { get; init; }

    /// <summary><c>file:/PATH</c>: a file of the node, written anew. Null: the snapshot goes into the node's store.</summary>
    [JsonPropertyName("image_url")]
    public string? ImageUrl { get; init; }

    /// <summary>Refused: the node's store has a key or not.</summary>
    [JsonPropertyName("passphrase_file")]
    public string? PassphraseFile { get; init; }

    /// <summary>Refused: a snapshot has all that the machine wrote.</summary>
    [JsonPropertyName("preserved_paths")]
    public string? PreservedPaths { get; init; }

    /// <summary>Refused: an environment is the Compose file's.</summary>
    [JsonPropertyName("envs")]
    public IReadOnlyList<string>? Envs { get; init; }
}
