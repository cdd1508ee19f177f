using System.Buffers;
using Figment.Api.Contract;
using Figment.Migration.Store;
using Figment.Node.Errors;

namespace Figment.Node.Snapshots;

/// <summary>Which snapshot a user means: an id, the beginning of one, NAME, APP/MACHINE or APP/MACHINE:NAME. Of several of one machine it is the one that was taken last.</summary>
public static class SnapshotReference
{
    /// <summary>Fewer are more likely a slip of the finger.</summary>
    private const int IdDigitsMin = 4;

    /// <summary>In a message.</summary>
    private const int CandidatesMax = 5;

    private const int TextCharactersMax = 100;
    private const string Hint = "figment snapshot ls shows those that are here";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <exception cref="NodeException">None is meant, or several could be.</exception>
    public static StoredSnapshot Find(string reference, IReadOnlyList<StoredSnapshot> snapshots)
    {
        if (snapshots.FirstOrDefault(one => one.Id == reference) is { } exact)
        {
            return exact;
        }

        var (meant, near) = reference.Contains('/', StringComparison.Ordinal) ? OfMachine(reference, snapshots) : (OfIdOrName(reference, snapshots), snapshots);
        return meant switch
        {
            [var single] => single,
            [] => throw Missing(reference, [.. near.OrderBy(Moment).ThenBy(one => one.Id, StringComparer.Ordinal).Reverse()]),
            _ => throw new NodeException(ErrorCode.InvalidRequest, $"snapshot \"{Shown(reference)}\" may be any of {Names(meant)}", $"give more of its id, or APP/MACHINE:NAME; {Hint}"),
        };
    }

    public static NodeException Missing(string reference) => Missing(reference, []);

    private static NodeException Missing(string reference, IReadOnlyList<StoredSnapshot> near) =>
        new(ErrorCode.NotFound, $"there is no snapshot \"{Shown(reference)}\" on this node{(near.Count == 0 ? "" : $"; there is {Names(near)}")}", Hint);

    private static (IReadOnlyList<StoredSnapshot> Meant, IReadOnlyList<StoredSnapshot> Near) OfMachine(string reference, IReadOnlyList<StoredSnapshot> snapshots)
    {
        string[] parts = reference.Split(':', 2);
        StoredSnapshot[] ofMachine = [.. snapshots.Where(one => one.Info is { } info && $"{info.Application}/{info.Machine}" == parts[0])];
        return (Newest(parts.Length == 1 ? ofMachine : ofMachine.Where(one => one.Info!.Name == parts[1])), ofMachine);
    }

    /// <summary>A name that could as well be an id means nothing for certain.</summary>
    private static IReadOnlyList<StoredSnapshot> OfIdOrName(string reference, IReadOnlyList<StoredSnapshot> snapshots)
    {
        bool isId = reference.Length >= IdDigitsMin && !reference.AsSpan().ContainsAnyExcept(HexDigits);
        var byId = snapshots.Where(one => isId && one.Id.StartsWith(reference, StringComparison.Ordinal));
        var byName = snapshots.Where(one => one.Info?.Name == reference && reference.Length > 0).GroupBy(one => (one.Info!.Application, one.Info.Machine)).SelectMany(Newest);
        return [.. byId.UnionBy(byName, one => one.Id)];
    }

    private static StoredSnapshot[] Newest(IEnumerable<StoredSnapshot> snapshots) =>
        [.. snapshots.OrderBy(Moment).ThenBy(one => one.Id, StringComparer.Ordinal).TakeLast(1)];

    private static DateTimeOffset Moment(StoredSnapshot snapshot) => snapshot.Info?.TakenAt ?? DateTimeOffset.MinValue;

    private static string Names(IReadOnlyList<StoredSnapshot> snapshots)
    {
        var names = snapshots.Take(CandidatesMax).Select(one => one.Info is not { } info ? $"{one.Id} (damaged)" : $"{one.Id} ({info.Application}/{info.Machine}{(info.Name is null ? "" : ":" + info.Name)})");
        return string.Join(", ", names) + (snapshots.Count > CandidatesMax ? $" and {snapshots.Count - CandidatesMax} more" : "");
    }

    private static string Shown(string reference) => reference.Length <= TextCharactersMax ? reference : reference[..TextCharactersMax] + "...";
}
