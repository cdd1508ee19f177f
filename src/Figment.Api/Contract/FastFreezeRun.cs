using System.Text.Json.Serialization;

namespace Figment.Api.Contract;

/// <summary>What FastFreeze's daemon takes at <c>/run</c>, in its spelling. <c>verbose</c> may be there and means nothing here.</summary>
public sealed record FastFreezeRun
{
    /// <summary>What <see cref="FastFreezeCheckpoint.ImageUrl"/> said; the machine starts from its program if there is none such. Null: the machine's newest snapshot in the node's store.</summary>
    [JsonPropertyName("image_url")]
    public string? ImageUrl { get; init; }

    /// <summary>The machine starts from its program.</summary>
    [JsonPropertyName("no_restore")]
    public bool NoRestore { get; init; }

    /// <summary>The machine starts from its program if the image is damaged or does not come back.</summary>
    [JsonPropertyName("allow_bad_image")]
    public bool AllowBadImage { get; init; }

    /// <summary>Refused: what is run is the Compose file's.</summary>
    [JsonPropertyName("app_args")]
    public string? AppArgs { get; init; }

    /// <summary>Refused: <c>x-figment: { after-restore }</c> says it in the Compose file.</summary>
    [JsonPropertyName("on_app_ready")]
    public string? OnAppReady { get; init; }

    /// <summary>Refused: a machine that is restored goes on.</summary>
    [JsonPropertyName("leave_stopped")]
    public bool LeaveStopped { get; init; }

    /// <summary>Refused, as <see cref="FastFreezeCheckpoint.PassphraseFile"/>.</summary>
    [JsonPropertyName("passphrase_file")]
    public string? PassphraseFile { get; init; }

    /// <summary>Refused, as <see cref="FastFreezeCheckpoint.PreservedPaths"/>.</summary>
    [JsonPropertyName("preserved_paths")]
    public string? PreservedPaths { get; init; }

    /// <summary>Refused, as <see cref="FastFreezeCheckpoint.Envs"/>.</summary>
    [JsonPropertyName("envs")]
    public IReadOnlyList<string>? Envs { get; init; }
}
