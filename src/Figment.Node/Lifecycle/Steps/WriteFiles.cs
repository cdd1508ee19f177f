using Figment.Linux.Ownership;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Writes configs and secrets below the runtime folder, which is memory. Names change with contents, so that nothing in use is ever overwritten.</summary>
internal sealed class WriteFiles : LifecycleStep<UpContext>
{
    private const UnixFileMode PrivateFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public override Task DoAsync(UpContext context, CancellationToken cancellation)
    {
        Directory.CreateDirectory(context.RuntimeFolder, PrivateFolder);
        foreach (var file in context.RequiredPlan.Files)
        {
            if (File.Exists(file.Path))
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!, PrivateFolder);
            AtomicFile.Write(file.Path, context.FileContents[(file.Kind, file.Name)], (UnixFileMode)file.Mode);
            FileOwner.Change(file.Path, file.Owner, file.Group);
        }

        return Task.CompletedTask;
    }

    public override Task UndoAsync(UpContext context)
    {
        if (context.LaunchBefore is null && context.Before is null && Directory.Exists(Path.Combine(context.RuntimeFolder, "files")))
        {
            Directory.Delete(Path.Combine(context.RuntimeFolder, "files"), recursive: true);
        }

        return Task.CompletedTask;
    }
}
