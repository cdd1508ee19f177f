using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Makes volume folders and bind sources that may be made, and checks that the others are there.</summary>
internal sealed class PrepareVolumes : LifecycleStep<UpContext>
{
    /// <summary>As Docker makes them: the image's own mode and owner come with the first copy.</summary>
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public override Task DoAsync(UpContext context, CancellationToken cancellation)
    {
        foreach (var folder in context.RequiredPlan.Folders)
        {
            if (Path.Exists(folder.Path))
            {
                continue;
            }

            if (!folder.Make)
            {
                throw new NodeException(ErrorCode.Failed, $"{folder.What}: {folder.Path} does not exist on this node", $"mkdir -p {folder.Path}");
            }

            Directory.CreateDirectory(folder.Path, FolderMode);
            context.FoldersMade.Add(folder.Path);
        }

        return Task.CompletedTask;
    }

    /// <summary>Only what this step made and nobody has used.</summary>
    public override Task UndoAsync(UpContext context)
    {
        foreach (string folder in Enumerable.Reverse(context.FoldersMade))
        {
            if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
            {
                Directory.Delete(folder);
            }
        }

        return Task.CompletedTask;
    }
}
