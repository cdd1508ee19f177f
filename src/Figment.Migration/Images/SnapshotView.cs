using Figment.Linux.Files;

namespace Figment.Migration.Images;

/// <summary>
/// A dump as CRIU is to read it on the node that made it. Clocks have gone on meanwhile, and timers with them; of its connections some may still be there.
/// The dump itself stays as it is.
/// </summary>
public static class SnapshotView
{
    private const string Files = "files.img";

    /// <summary>What the node's clocks showed. Without it CRIU leaves them to the node; with it the machine has clocks of its own, in a time namespace.</summary>
    private const string NodeClocks = "timens-0.img";

    /// <summary>Returns the connections that may still be there, see <see cref="ConnectionImages"/>.</summary>
    /// <param name="folder">Of a dump.</param>
    /// <param name="view">A folder that is not there yet, in the same file system.</param>
    /// <param name="away">For how long.</param>
    /// <param name="keepsConnections">They are put back as the dump has them, all of them.</param>
    /// <param name="names">It is of another machine; null: of the same.</param>
    /// <param name="sameClocks">The node's clocks have gone on since. False: it was booted, and the machine gets clocks of its own that never were.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static IReadOnlyList<ImagedConnection> Write(string folder, string view, TimeSpan away, bool sameClocks, bool keepsConnections = false, CloneNames? names = null)
    {
        var files = ImageFile.Load(Path.Combine(folder, Files), ImageKind.Files);
        var spaces = names is null ? [] : Directory.GetFiles(folder, "utsns-*.img").Select(name => ImageFile.Load(name, ImageKind.Names)).ToList();
        if (names is not null)
        {
            CloneImages.Move(files, names.Addresses);
            spaces.ForEach(space => CloneImages.Rename(space, names.HostName));
        }

        var connections = keepsConnections ? [] : ConnectionImages.Rewrite(files);
        TimerImages.Advance(files, away);
        var cores = Directory.GetFiles(folder, "core-*.img").Select(core => ImageFile.Load(core, ImageKind.Core)).ToList();
        var clocks = Directory.GetFiles(folder, "timens-*.img").Where(name => !IsLeftOut(name, sameClocks)).Select(name => ImageFile.Load(name, ImageKind.Clocks)).ToList();
        clocks.ForEach(image => TimerImages.AdvanceClocks(image, away));
        List<ImageFile> changed = [files, .. spaces, .. cores.Where(core => TimerImages.AdvanceCore(core, away)), .. clocks];
        Directory.CreateDirectory(view);
        foreach (var image in changed)
        {
            image.Save(Path.Combine(view, Path.GetFileName(image.Name)));
        }

        foreach (string name in Directory.EnumerateFiles(folder, "*.img").Select(path => Path.GetFileName(path)!).Where(name => !IsLeftOut(name, sameClocks) && !File.Exists(Path.Combine(view, name))))
        {
            FileCalls.Link(Path.Combine(folder, name), Path.Combine(view, name));
        }

        return connections;
    }

    private static bool IsLeftOut(string path, bool sameClocks) => sameClocks && Path.GetFileName(path) == NodeClocks;
}
