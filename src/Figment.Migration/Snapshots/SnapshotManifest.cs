using System.Text.Json;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Migration.Snapshots;

/// <summary>What a snapshot's folder says of the machine, beside CRIU's images: written last, so that a folder with one is complete.</summary>
public sealed record SnapshotManifest
{
    public const int FormatNow = 1;

    internal const string ContentsFolder = "contents";

    private const string PagesFolder = "pages";

    private const string FileName = "machine.json";

    /// <summary>Of this file; another is not understood.</summary>
    public int Format { get; init; } = FormatNow;

    public required string Application { get; init; }

    public required string Machine { get; init; }

    /// <summary>Of the machine's specification: another program is not restored in its place.</summary>
    public required string Revision { get; init; }

    /// <summary>Of the machine: others of it may begin from this. Empty: none may.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The machine's, by its networks.</summary>
    public IReadOnlyList<SnapshotAddress> Addresses { get; init; } = [];

    /// <summary>Of the processor that it ran on, where other boots of the node are to use it.</summary>
    public IReadOnlyList<string> ProcessorFlags { get; init; } = [];

    /// <summary>Under which it ran.</summary>
    public required long Epoch { get; init; }

    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The node's boot, by the kernel's id of it.</summary>
    public required string Boot { get; init; }

    /// <summary>What the node's monotonic clock showed then, in nanoseconds since its boot.</summary>
    public required long TakenAtNs { get; init; }

    /// <summary>Mount points that whoever restores it must have made, in the order in which they lie over each other.</summary>
    public required IReadOnlyList<string> Mounts { get; init; }

    /// <summary>Threads that may run on some processors only (<c>0-2,5</c>), by their numbers in the machine.</summary>
    public IReadOnlyDictionary<int, string> Processors { get; init; } = new Dictionary<int, string>();

    /// <summary>By CRIU's names for them (<c>pipe:[4711]</c>) the program's standard streams; null: it has no such stream of its own.</summary>
    public string? Input { get; init; }

    public string? Output { get; init; }

    public string? Error { get; init; }

    /// <summary>The folder's images and contents, with their lengths in bytes, as <see cref="Save"/> found them: one that was cut off would make CRIU wait for ever.</summary>
    public required IReadOnlyDictionary<string, long> Files { get; init; }

    /// <summary>The name by which CRIU knows a mount of <see cref="Mounts"/>.</summary>
    public static string MountName(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"mount-{index}");

    /// <summary>Where what a memory file system held is: a folder that is there if it held something.</summary>
    public static string ContentsOf(string folder, int mount) => Path.Combine(folder, ContentsFolder, MountName(mount));

    /// <summary>Where memory that comes when it is touched is, if the snapshot has it beside its images.</summary>
    public static string PagesOf(string folder) => Path.Combine(folder, PagesFolder);

    /// <summary>Where what the machine wrote to its root is, if the snapshot has it.</summary>
    public static string WrittenOf(string folder) => Path.Combine(folder, BoxMessage.Checkpoint.WrittenFolder);

    /// <exception cref="SnapshotException">It is missing, damaged, or of another format.</exception>
    public static SnapshotManifest Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            using var file = File.OpenRead(path);
            var manifest = JsonSerializer.Deserialize(file, SnapshotJson.Default.SnapshotManifest) ?? throw new SnapshotException($"{path} says nothing");
            if (manifest.Format != FormatNow)
            {
                throw new SnapshotException($"{path} is of format {manifest.Format}, this Figment knows {FormatNow}; restore it with the Figment that made it, or remove it");
            }

            if (manifest.Mounts.Any(mount => !IsPlain(mount)))
            {
                throw new SnapshotException($"{path} is damaged: '{manifest.Mounts.First(mount => !IsPlain(mount))}' is no mount point");
            }

            foreach (var (name, bytes) in manifest.Files)
            {
                var found = new FileInfo(Path.Combine(folder, name));
                if (!found.Exists || found.Length != bytes)
                {
                    throw new SnapshotException($"{found.FullName} {(found.Exists ? $"has {found.Length} bytes instead of {bytes}" : "is missing")}: the snapshot is damaged; remove it, the machine then starts anew");
                }
            }

            return manifest;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SnapshotException($"{folder} holds no complete snapshot: {FileName} is missing", exception);
        }
        catch (JsonException exception)
        {
            throw new SnapshotException($"{path} is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>Absolute, and leads nowhere but down.</summary>
    private static bool IsPlain(string? path) => path is ['/', _, ..] && !path.Split('/')[1..].Any(part => part is "" or "." or "..");

    /// <summary>Makes the folder complete, with the files that are there now.</summary>
    public void Save(string folder)
    {
        string[] others = [WrittenOf(folder) + "/", Path.Combine(folder, CarriedMounts.FolderName) + "/"];
        var files = new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(file => file.Extension == ".img" || file.DirectoryName != folder)
            .Where(file => !others.Any(other => file.FullName.StartsWith(other, StringComparison.Ordinal)))
            .ToDictionary(file => Path.GetRelativePath(folder, file.FullName), file => file.Length);
        (this with { Files = files }).SaveAlone(folder);
    }

    /// <summary>Without looking for files.</summary>
    public void SaveAlone(string folder) => File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, SnapshotJson.Default.SnapshotManifest));
}
