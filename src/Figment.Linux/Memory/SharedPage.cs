using System.IO.MemoryMappedFiles;

namespace Figment.Linux.Memory;

/// <summary>
/// One page of a file, mapped shared, whose first 8 bytes are a number that one process raises and others read without a call.
/// The number is 64 bits wide and aligned, so it is read and written whole.
/// </summary>
public sealed unsafe class SharedPage : IDisposable
{
    public const int Bytes = 4096;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long* _number;

    private SharedPage(MemoryMappedFile file, MemoryMappedFileAccess access)
    {
        _file = file;
        _view = file.CreateViewAccessor(0, Bytes, access);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _number = (long*)start;
    }

    public long Number => Volatile.Read(ref *_number);

    /// <summary>Opens or makes the file; what it held stays.</summary>
    public static SharedPage Open(string path)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            if (stream.Length != Bytes)
            {
                stream.SetLength(Bytes);
            }

            return new SharedPage(MemoryMappedFile.CreateFromFile(stream, null, Bytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false), MemoryMappedFileAccess.ReadWrite);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Raises the number by one; whoever reads it afterwards sees everything done before.</summary>
    public long Increment() => Interlocked.Increment(ref *_number);

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
