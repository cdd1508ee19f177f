using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Removes the application's runtime folder.</summary>
internal sealed class RemoveFiles : LifecycleStep<DownContext>
{
    public override Task DoAsync(DownContext context, CancellationToken cancellation)
    {
        RemoveFolder(context.RuntimeFolder, context.Name);
        return Task.CompletedTask;
    }

    /// <summary>Removes a folder of an application's, but never through a mount that somebody left in it.</summary>
    internal static void RemoveFolder(string folder, string application)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        if (MountIn(folder) is { } mounted)
        {
            throw new NodeException(ErrorCode.Failed, $"application {application}: {mounted} is still mounted, so {folder} is not removed", $"umount {mounted} && figment down -p {application}");
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What is mounted in a folder, or null.</summary>
    internal static string? MountIn(string folder)
    {
        const int MountPointField = 4;
        return File.ReadLines("/proc/self/mountinfo")
            .Select(line => line.Split(' ')[MountPointField].Replace("\\040", " ", StringComparison.Ordinal))
            .FirstOrDefault(point => point.StartsWith(folder + "/", StringComparison.Ordinal));
    }
}
