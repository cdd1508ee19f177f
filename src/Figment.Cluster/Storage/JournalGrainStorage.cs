using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Figment.Node.Journal;
using Orleans.Storage;

namespace Figment.Cluster.Storage;

/// <summary>Grain state in the node's journal, JSON with an ETag that counts (docs/decisions/0010-grain-state-in-the-journal.md). A write with an old ETag is refused.</summary>
internal sealed class JournalGrainStorage(NodeJournal journal) : IGrainStorage
{
    public const string Name = "journal";

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (journal.ReadGrain(stateName, grainId.ToString()) is { } found)
        {
            grainState.State = JsonSerializer.Deserialize(found.Body, Type<T>()) ?? throw new InvalidDataException($"the state of grain {grainId} in the journal is null");
            grainState.ETag = Text(found.ETag);
            grainState.RecordExists = true;
        }
        else
        {
            grainState.State = Activator.CreateInstance<T>();
            grainState.ETag = null;
            grainState.RecordExists = false;
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes<T>(grainState.State!, Type<T>());
        long? written = journal.WriteGrain(stateName, grainId.ToString(), Number(grainState.ETag), body);
        grainState.ETag = Text(written ?? throw Stale(stateName, grainId, grainState.ETag));
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (Number(grainState.ETag) is { } expected && !journal.ClearGrain(stateName, grainId.ToString(), expected))
        {
            throw Stale(stateName, grainId, grainState.ETag);
        }

        grainState.ETag = null;
        grainState.RecordExists = false;
        return Task.CompletedTask;
    }

    private static JsonTypeInfo<T> Type<T>() =>
        (JsonTypeInfo<T>)(ClusterJson.Default.GetTypeInfo(typeof(T)) ?? throw new NotSupportedException($"{typeof(T)} is not named in ClusterJson"));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long? Number(string? etag) => etag is null ? null : long.Parse(etag, CultureInfo.InvariantCulture);

    private static InconsistentStateException Stale(string stateName, GrainId grainId, string? etag) =>
        new($"state {stateName} of grain {grainId} has changed since ETag {etag ?? "none"} was read");
}
