using System.Buffers;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>Whose state a snapshot is.</summary>
public sealed record SnapshotInfo
{
    /// <summary>As names of machines.</summary>
    private const int NameCharactersMax = 63;

    /// <summary>A digest as text has 64.</summary>
    private const int RevisionCharactersMax = 128;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._");

    public required string Application { get; init; }

    public required string Machine { get; init; }

    /// <summary>Of the machine's specification.</summary>
    public required string Revision { get; init; }

    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>That a user gave it; several may have the same. Null: none.</summary>
    public string? Name { get; init; }

    /// <summary>1 to 63 letters, digits, '_', '.' and '-', the first a letter or digit: so it is no option on a command line, and no path.</summary>
    public static bool IsName(string? text) => text is { Length: > 0 and <= NameCharactersMax } && char.IsAsciiLetterOrDigit(text[0]) && !text.AsSpan().ContainsAnyExcept(NameCharacters);

    public static SnapshotInfo Of(SnapshotManifest manifest) => new()
    {
        Application = manifest.Application,
        Machine = manifest.Machine,
        Revision = manifest.Revision,
        TakenAt = manifest.TakenAt,
    };

    /// <summary>Null: it can be believed; otherwise what is wrong. Names become names of folders, and are shown.</summary>
    internal string? Complaint() =>
        !IsName(Application) || !IsName(Machine) ? "it is of no machine"
        : Revision.Length > RevisionCharactersMax ? $"its revision has {Revision.Length} characters, of at most {RevisionCharactersMax}"
        : Name is not null && !IsName(Name) ? "its name is none: 1 to 63 letters, digits, '_', '.' and '-', the first a letter or digit"
        : null;
}
