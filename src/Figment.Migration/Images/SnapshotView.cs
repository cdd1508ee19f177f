using Figment.Linux.Files;

namespace Figment.Migration.Images;

/// <summary>
/// A dump as CRIU is to read it where the machine had only been away: on the same node, since the same boot. Its connections are still there, and its clocks went on.
/// The dump itself stays as it is.
/// </summary>
public static class SnapshotView
{
    private const string Files = "files.img";

    /// <summary>What the clocks showed. Without it CRIU leaves them to the node; with it they go on from there, in a time namespace.</summary>
    private const string Clocks = "timens-0.img";

    /// <summary>Returns the connections that are still there, see <see cref="ConnectionImages"/>.</summary>
    /// <param name="folder">Of a dump.</param>
    /// <param name="view">A folder that is not there yet, in the same file system.</param>
    /// <param name="away">For how long.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static IReadOnlyList<ImagedConnection> Write(string folder, string view, TimeSpan away)
    {
        var files = ImageFile.Load(Path.Combine(folder, Files), ImageKind.Files);
        var connections = ConnectionImages.Rewrite(files);
        TimerImages.Advance(files, away);
        var cores = Directory.GetFiles(folder, "core-*.img").Select(core => ImageFile.Load(core, ImageKind.Core)).ToList();
        List<ImageFile> changed = [files, .. cores.Where(core => TimerImages.AdvanceCore(core, away))];
        Directory.CreateDirectory(view);
        foreach (var image in changed)
        {
            image.Save(Path.Combine(view, Path.GetFileName(image.Name)));
        }

        foreach (string name in Directory.EnumerateFiles(folder, "*.img").Select(path => Path.GetFileName(path)!).Where(name => name != Clocks && !File.Exists(Path.Combine(view, name))))
        {
            FileCalls.Link(Path.Combine(folder, name), Path.Combine(view, name));
        }

        return connections;
    }
}
