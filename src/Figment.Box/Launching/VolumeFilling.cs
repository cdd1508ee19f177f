using Figment.Linux.Files;
using Figment.Linux.Mounts;

namespace Figment.Box.Launching;

/// <summary>Fills an empty volume with what the image has at its target, as Docker does.</summary>
internal static class VolumeFilling
{
    /// <param name="root">The machine's root, not yet the calling thread's.</param>
    /// <param name="target">Where the volume will be.</param>
    /// <param name="volume">Its folder on the node.</param>
    public static void FillIfEmpty(Descriptor root, string target, string volume)
    {
        if (Directory.EnumerateFileSystemEntries(volume).Any())
        {
            return;
        }

        using var image = MountCalls.OpenInRoot(root, target);
        if (image is null)
        {
            return;
        }

        string source = $"/proc/thread-self/fd/{image.Number}";
        if (!Directory.Exists(source))
        {
            return;
        }

        TreeCopy.Copy(source + "/.", volume);
    }
}
