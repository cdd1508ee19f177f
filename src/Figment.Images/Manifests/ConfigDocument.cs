using System.Text.Json.Serialization;

namespace Figment.Images.Manifests;

/// <summary>image-spec, config.md.</summary>
internal sealed record ConfigDocument
{
    public DateTimeOffset? Created { get; init; }

    public string? Architecture { get; init; }

    public string? Os { get; init; }

    public string? Variant { get; init; }

    public RunDocument? Config { get; init; }

    public RootFsDocument? Rootfs { get; init; }

    /// <summary>The part that says how to run it; its keys begin with capitals.</summary>
    internal sealed record RunDocument
    {
        [JsonPropertyName("User")]
        public string? User { get; init; }

        [JsonPropertyName("ExposedPorts")]
        public IReadOnlyDictionary<string, EmptyDocument?>? ExposedPorts { get; init; }

        [JsonPropertyName("Env")]
        public IReadOnlyList<string?>? Env { get; init; }

        [JsonPropertyName("Entrypoint")]
        public IReadOnlyList<string?>? Entrypoint { get; init; }

        [JsonPropertyName("Cmd")]
        public IReadOnlyList<string?>? Cmd { get; init; }

        [JsonPropertyName("Volumes")]
        public IReadOnlyDictionary<string, EmptyDocument?>? Volumes { get; init; }

        [JsonPropertyName("WorkingDir")]
        public string? WorkingDir { get; init; }

        [JsonPropertyName("Labels")]
        public IReadOnlyDictionary<string, string?>? Labels { get; init; }

        [JsonPropertyName("StopSignal")]
        public string? StopSignal { get; init; }

        [JsonPropertyName("Healthcheck")]
        public HealthDocument? Healthcheck { get; init; }
    }

    internal sealed record RootFsDocument
    {
        public string? Type { get; init; }

        [JsonPropertyName("diff_ids")]
        public IReadOnlyList<string?>? DiffIds { get; init; }
    }

    /// <summary>Docker's extension; times in nanoseconds.</summary>
    internal sealed record HealthDocument
    {
        [JsonPropertyName("Test")]
        public IReadOnlyList<string?>? Test { get; init; }

        [JsonPropertyName("Interval")]
        public long Interval { get; init; }

        [JsonPropertyName("Timeout")]
        public long Timeout { get; init; }

        [JsonPropertyName("StartPeriod")]
        public long StartPeriod { get; init; }

        [JsonPropertyName("StartInterval")]
        public long StartInterval { get; init; }

        [JsonPropertyName("Retries")]
        public int Retries { get; init; }
    }

    /// <summary>Go's empty struct: sets are written as objects with empty values.</summary>
    internal sealed record EmptyDocument;
}
