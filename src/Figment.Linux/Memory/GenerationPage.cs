using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Memory;

/// <summary>A counter in a page that another process writes (mmap(2), shared, read-only). Any thread may read it.</summary>
public sealed unsafe class GenerationPage : IDisposable
{
    private const int PROT_READ = 1;
    private const int MAP_SHARED = 1;
    private const nuint PageBytes = 4096;

    private readonly long* _page;

    /// <param name="file">At least one page long; may be closed afterwards.</param>
    public GenerationPage(Descriptor file)
    {
        byte* page = Libc.mmap(null, PageBytes, PROT_READ, MAP_SHARED, file.Number, 0);
        _page = (nint)page == -1 ? throw LinuxException.Last("mmap(2)", "generation page") : (long*)page;
    }

    public long Value => Volatile.Read(ref *_page);

    public void Dispose() => _ = Libc.munmap(_page, PageBytes);
}
