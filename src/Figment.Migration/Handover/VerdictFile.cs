using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Trees;

namespace Figment.Migration.Handover;

/// <summary>
/// The verdict on storage, at the source. Its daemon and the box that holds the original may both write it, each because the other may be dead: exactly one of them succeeds, and both obey what is there.
/// </summary>
/// <param name="folder">Of the migration, on a file system that has hard links.</param>
public sealed class VerdictFile(string folder)
{
    private const string Name = "verdict";
    private const int BytesMax = 16;

    /// <summary>Nobody knows of the migration any more.</summary>
    public bool IsForgotten => !Directory.Exists(folder);

    /// <summary>What is there afterwards, on its device: <paramref name="wanted"/>, unless somebody was first.</summary>
    /// <exception cref="LinuxException">It cannot be written; nothing is ruled.</exception>
    /// <exception cref="IOException">The same.</exception>
    /// <exception cref="InvalidDataException">What is there is no verdict.</exception>
    public Verdict Rule(Verdict wanted)
    {
        // A file appears with its content: that of a name which nobody looks for is complete before it gets the one that counts.
        string draft = $"{Name}.{Guid.NewGuid():N}";
        using var here = TreeFolder.Open(folder);
        try
        {
            using (var file = File.OpenHandle(Path.Combine(folder, draft), FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(file, Encoding.ASCII.GetBytes(WordOf(wanted)), 0);
                RandomAccess.FlushToDisk(file);
            }

            var error = here.MakeHardLink(Encoding.ASCII.GetBytes(Name), here, Encoding.ASCII.GetBytes(draft));
            if (error is not (Errno.None or Errno.EEXIST))
            {
                throw new LinuxException(error, "linkat(2)", Path.Combine(folder, Name));
            }
        }
        finally
        {
            File.Delete(Path.Combine(folder, draft));
        }

        var synced = TreeFile.Sync(here.Descriptor);
        return synced == Errno.None ? Read()!.Value : throw new LinuxException(synced, "fsync(2)", folder);
    }

    /// <summary>Null: there is none yet.</summary>
    /// <exception cref="InvalidDataException">What is there is no verdict.</exception>
    public Verdict? Read()
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = File.OpenHandle(path);
        Span<byte> bytes = stackalloc byte[BytesMax];
        string word = Encoding.ASCII.GetString(bytes[..RandomAccess.Read(file, bytes, 0)]);
        return Enum.GetValues<Verdict>().Where(verdict => WordOf(verdict) == word).Select(verdict => (Verdict?)verdict).FirstOrDefault()
            ?? throw new InvalidDataException($"{path} holds no verdict but '{word}'");
    }

    private static string WordOf(Verdict verdict) => verdict == Verdict.Commit ? "commit\n" : "abort\n";
}
