using System.Buffers.Binary;
using Figment.Linux.Mounts;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;

namespace Figment.Migration.Criu;

/// <summary>
/// CRIU leaves out pages that a parent has only where it found that the kernel keeps soft-dirty bits, which tell what was written since. Many kernels lack them, and here they are not asked: the last round of
/// the copy comes when nothing runs any more, so all pages are as the parent has them. So the CRIU of such a dump is given what it knows of the kernel (its <c>criu.kdat</c>) with that one answer changed.
/// </summary>
/// <param name="folder">Where it is kept, for this boot.</param>
internal sealed class TrackingFacts(string folder)
{
    private const uint Magic = 0x57023458;

    /// <summary>Of <c>has_dirty_track</c> in <c>struct kerndat_s</c>, a byte. Whether it was hit is asked.</summary>
    private const int AnswerOffset = 32;

    private readonly string _kept = Path.Combine(folder, $"criu-{NodeBoot.Id}-tracking.kdat");

    /// <summary>Once for each boot, and what CRIU knows as it is with it (<see cref="KernelFacts"/>). Null: it is there; else why it cannot be.</summary>
    /// <param name="ask">Asks CRIU for what it knows of the kernel; whether it believes in soft-dirty bits.</param>
    public string? Learn(Func<bool> ask)
    {
        if (File.Exists(_kept))
        {
            return null;
        }

        var (plain, facts, complaint) = NamespaceThread.RunInNew(NamespaceKind.Mount, () => Make(ask));
        if (complaint is null)
        {
            KernelFacts.Keep(KernelFacts.FileOf(folder), plain);
            KernelFacts.Keep(_kept, facts);
        }

        return complaint;
    }

    /// <summary>They are another CRIU's, perhaps: they are learned anew when they are asked for.</summary>
    public void Forget() => File.Delete(_kept);

    /// <summary>Folders there are not seen by such a CRIU.</summary>
    public static bool Hides(string path) => path.StartsWith(KernelFacts.Folder + "/", StringComparison.Ordinal);

    /// <summary>As a child of this process, with these facts.</summary>
    public Pidfd Start(CriuStart start) => NamespaceThread.RunInNew(NamespaceKind.Mount, () =>
    {
        byte[] facts = File.ReadAllBytes(_kept);
        Hide();
        File.WriteAllBytes(KernelFacts.File, facts);

        // There it looks if it runs as another user.
        return CriuStart.Spawn(start with { Environment = [.. start.Environment, $"XDG_RUNTIME_DIR={KernelFacts.Folder}"] });
    });

    private static (byte[] Plain, byte[] Facts, string? Complaint) Make(Func<bool> ask)
    {
        Hide();
        ask();
        if (!File.Exists(KernelFacts.File))
        {
            return ([], [], "CRIU does not keep what it knows of the kernel");
        }

        byte[] facts = File.ReadAllBytes(KernelFacts.File);
        if (facts.Length <= AnswerOffset || BinaryPrimitives.ReadUInt32LittleEndian(facts) != Magic || facts[AnswerOffset] > 1)
        {
            return ([], [], "what CRIU keeps of the kernel is not laid out as in 4.2");
        }

        byte[] plain = [.. facts];
        facts[AnswerOffset] = 1;
        File.WriteAllBytes(KernelFacts.File, facts);
        return (plain, facts, ask() ? null : "CRIU does not take the word for it that pages say when they were written");
    }

    private static void Hide()
    {
        MountCalls.Mount(null, "/", null, MountFlags.Slave | MountFlags.Recursive);
        KernelFacts.Hide();
    }
}
