using Figment.Cli.Hosting;
using Figment.Linux.Files;
using Figment.Linux.Trees;

namespace Figment.Cli.Output;

/// <summary>A file that gets its name when all of it is there; until then it lies beside it. Only its owner may read it. What is no file, such as a pipe, is written to as it is.</summary>
internal sealed class WholeFile : IDisposable
{
    private readonly string _path;
    private readonly string? _part;
    private bool _isComplete;

    /// <exception cref="CliException">The name is a folder's.</exception>
    public WholeFile(string path)
    {
        // A link stays one.
        _path = new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path : path;
        if (Directory.Exists(_path))
        {
            throw new CliException($"cannot write {path}: it is a folder", "name a file in it");
        }

        _part = IsFile(_path) ? $"{_path}.part-{Environment.ProcessId}" : null;
        Content = new FileStream(_part ?? _path, new FileStreamOptions
        {
            Mode = _part is null ? FileMode.Open : FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = _part is null ? null : UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    public FileStream Content { get; }

    /// <summary>All is written.</summary>
    public void Complete()
    {
        if (_part is not null)
        {
            Content.Flush(flushToDisk: true);
            Content.Dispose();
            File.Move(_part, _path, overwrite: true);
        }

        _isComplete = true;
    }

    public void Dispose()
    {
        Content.Dispose();
        if (!_isComplete && _part is not null)
        {
            File.Delete(_part);
        }
    }

    /// <summary>Or will be one.</summary>
    private static bool IsFile(string path)
    {
        if (!File.Exists(path))
        {
            return true;
        }

        using var found = FileCalls.Open(path, FileCalls.O_PATH);
        return TreeFile.KindOf(found) == TreeEntryKind.File;
    }
}
