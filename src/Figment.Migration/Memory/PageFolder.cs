using System.Globalization;
using Figment.Migration.Images;

namespace Figment.Migration.Memory;

/// <summary>Copies of pages in a folder of its own, which goes with it. One caller.</summary>
public sealed class PageFolder : IPageSink, IDisposable
{
    private readonly string _folder;
    private readonly Dictionary<int, PageFile> _files = [];

    /// <param name="folder">Not there yet.</param>
    public PageFolder(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
    }

    /// <inheritdoc/>
    public void Put(int process, ulong address, ReadOnlySpan<byte> pages)
    {
        if (!_files.TryGetValue(process, out var file))
        {
            _files[process] = file = new PageFile(Path.Combine(_folder, process.ToString(CultureInfo.InvariantCulture)));
        }

        file.Put(address, pages);
    }

    /// <inheritdoc/>
    public bool Has(int process, ulong address) => _files.TryGetValue(process, out var file) && file.Has(address);

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

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
