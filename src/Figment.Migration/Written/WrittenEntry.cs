using Figment.Migration.Store;

namespace Figment.Migration.Written;

/// <summary>An entry of the tree, and of a file which content it has.</summary>
internal sealed record WrittenEntry
{
    public required RecordEntry Entry { get; init; }

    /// <summary>0: none.</summary>
    public int Content { get; init; }

    /// <summary>Says the same, attributes by their values.</summary>
    public bool IsLike(WrittenEntry other) =>
        Content == other.Content
        && Entry with { Attributes = null } == other.Entry with { Attributes = null }
        && (Entry.Attributes?.Count ?? 0) == (other.Entry.Attributes?.Count ?? 0)
        && (Entry.Attributes is null || Entry.Attributes.All(one => other.Entry.Attributes!.TryGetValue(one.Key, out byte[]? value) && value.AsSpan().SequenceEqual(one.Value)));
}
