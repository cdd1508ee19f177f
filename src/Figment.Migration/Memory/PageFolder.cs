using System.Globalization;
using Figment.Linux.Memory;
using Figment.Migration.Images;

namespace Figment.Migration.Memory;

/// <summary>Copies of pages in a folder of its own, which goes with it unless it is kept. One caller.</summary>
public sealed class PageFolder : IPageSink, IDisposable
{
    private readonly Dictionary<int, PageFile> _files = [];
    private string _folder;
    private bool _isKept;

    /// <param name="folder">Not there yet.</param>
    public PageFolder(string folder)
        : this(folder, isKept: false) => Directory.CreateDirectory(folder);

    private PageFolder(string folder, bool isKept) => (_folder, _isKept) = (folder, isKept);

    /// <summary>The processes that have pages here, by their numbers in their tree's PID namespace.</summary>
    internal IReadOnlyDictionary<int, PageFile> Files => _files;

    /// <summary>How many pages are to be given later.</summary>
    public long Owed => _files.Values.Sum(file => file.Owed.Count);

    /// <summary>One that was kept, to be read.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PageFolder Open(string folder)
    {
        var opened = new PageFolder(folder, isKept: true);
        try
        {
            foreach (string path in Directory.GetFiles(folder).Where(path => !Path.HasExtension(path)))
            {
                int process = int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw new ImageException(path, 0, "its name is no process's");
                opened._files[process] = PageFile.Open(path);
            }

            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Put(int process, ulong address, ReadOnlySpan<byte> pages) => FileOf(process).Put(address, pages);

    /// <inheritdoc/>
    public void Owe(int process, PageRange range) => FileOf(process).Owe(range);

    /// <inheritdoc/>
    public ulong? Lacks(int process, PageRange range) => _files.TryGetValue(process, out var file) ? file.Lacks(range) : range.Start;

    /// <summary>A dump that left its memory to this folder becomes one that has it.</summary>
    /// <exception cref="ImageException">It is damaged, or wants a page that is not here.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public void Complete(string images)
    {
        foreach (var (process, file) in _files)
        {
            MemoryImages.Complete(images, process, file.Read);
        }

        MemoryImages.Detach(images);
    }

    /// <summary>A dump that left its memory to this folder is complete with it: it stays, under another name, for <see cref="Open"/>.</summary>
    /// <param name="images">Of the dump.</param>
    /// <param name="folder">Its name from now on, in the same file system.</param>
    /// <exception cref="ImageException">The dump is damaged, or wants a page that is not here.</exception>
    /// <exception cref="IOException">There is no room.</exception>
    public void Keep(string images, string folder)
    {
        MemoryImages.CheckLeftOut(images, Lacks);
        foreach (var file in _files.Values)
        {
            file.Keep();
        }
        Directory.Move(_folder, folder);
        (_folder, _isKept) = (folder, true);
        MemoryImages.Detach(images);
    }

    private PageFile FileOf(int process) =>
        _files.TryGetValue(process, out var file) ? file : _files[process] = new PageFile(Path.Combine(_folder, process.ToString(CultureInfo.InvariantCulture)));

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }

        if (!_isKept)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
