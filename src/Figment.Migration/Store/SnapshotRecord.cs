namespace Figment.Migration.Store;

/// <summary>What a snapshot consists of. Its file is published last and by a rename: a snapshot with a record is complete.</summary>
internal sealed record SnapshotRecord
{
    public const int FormatNow = 1;

    public required int Format { get; init; }

    public required string Id { get; init; }

    public required SnapshotInfo Info { get; init; }

    public required DateTimeOffset PublishedAt { get; init; }

    public required IReadOnlyList<RecordEntry> Entries { get; init; }

    public required IReadOnlyList<StoredBlock> Blocks { get; init; }

    /// <summary>Null: it fits together; otherwise the first thing that is wrong.</summary>
    public string? Complaint(long bytesMax)
    {
        if (EntryRules.Complaint(Entries, bytesMax) is { } complaint)
        {
            return complaint;
        }

        foreach (var (index, block) in Blocks.Index())
        {
            if ((block is null ? "it is nothing" : block.Complaint()) is { } wrong)
            {
                return $"block {index}: {wrong}";
            }
        }

        return Entries.Where(entry => entry.HasContent).Select(PagesComplaint).FirstOrDefault(wrong => wrong is not null);
    }

    private string? PagesComplaint(RecordEntry file)
    {
        if (file.Digest is not { Length: StoreLimits.HashBytes } || file.Pages is not { } pages || pages.Length % 3 != 0)
        {
            return $"'{file.Path}' has no digest or no pages";
        }

        long count = 0;
        for (int at = 0; at < pages.Length; at += 3)
        {
            var (block, first, length) = (pages[at], pages[at + 1], pages[at + 2]);
            bool isRight = block == -1 ? first == 0 && length > 0 : block >= 0 && block < Blocks.Count && first >= 0 && length > 0 && length <= Blocks[block].Pages - first;
            if (!isRight)
            {
                return $"'{file.Path}' has {length} pages from page {first} of block {block}";
            }

            count += length;
        }

        return count == file.PageCount ? null : $"'{file.Path}' has {count} pages instead of {file.PageCount}";
    }
}
