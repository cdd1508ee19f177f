using Figment.Linux.Files;
using Figment.Linux.Mounts;

namespace Figment.Box.Launching;

/// <summary>One overlay that is written to: <c>upper</c> and <c>work</c> in a folder of the machine's.</summary>
internal sealed class WritableOverlay(string folder)
{
    /// <summary>What the overlay of an earlier start left in <c>work</c>: removing it may wait for the disk, so that is done once the program runs.</summary>
    private string Old => Path.Combine(folder, "work.old");

    /// <exception cref="Figment.Linux.Errors.LinuxException">The lower file system cannot lie beneath an overlay.</exception>
    public Descriptor Make(IReadOnlyList<string> lower)
    {
        string upper = Path.Combine(folder, "upper");
        string work = Path.Combine(folder, "work");
        Directory.CreateDirectory(upper);
        if (Directory.Exists(work) && !Directory.Exists(Old))
        {
            Directory.Move(work, Old);
        }

        Directory.CreateDirectory(work);
        return MountCalls.Overlay(lower, upper, work);
    }

    public void Tidy()
    {
        if (Directory.Exists(Old))
        {
            Directory.Delete(Old, recursive: true);
        }
    }
}
