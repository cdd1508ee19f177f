using System.Runtime.InteropServices;
using System.Text;

namespace Figment.Linux.Children;

/// <summary>Unmanaged memory that lives until disposed: what a forked child reads must not move.</summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private readonly List<nint> _blocks = [];

    public void* Allocate(int bytes)
    {
        void* block = NativeMemory.AllocZeroed((nuint)Math.Max(bytes, 1));
        _blocks.Add((nint)block);
        return block;
    }

    public T* Copy<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var block = (T*)Allocate(values.Length * sizeof(T));
        values.CopyTo(new Span<T>(block, values.Length));
        return block;
    }

    /// <summary>A C string; null stays null.</summary>
    public nint Text(string? text)
    {
        if (text is null)
        {
            return 0;
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("a NUL character cannot be passed to the kernel", nameof(text));
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text + '\0');
        return (nint)Copy<byte>(bytes);
    }

    /// <summary>A null-terminated array of C strings.</summary>
    public nint Texts(IReadOnlyList<string> texts)
    {
        var array = (nint*)Allocate((texts.Count + 1) * sizeof(nint));
        for (int index = 0; index < texts.Count; index++)
        {
            array[index] = Text(texts[index]);
        }

        return (nint)array;
    }

    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            NativeMemory.Free((void*)block);
        }

        _blocks.Clear();
    }
}
