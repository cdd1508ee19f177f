using System.Runtime.InteropServices;
using Figment.Linux.Native;

namespace Figment.Linux.Files;

/// <summary>A file descriptor that this process owns. Closed once, by <see cref="SafeHandle.Dispose()"/>.</summary>
public sealed class Descriptor : SafeHandle
{
    /// <summary>For the marshaller and for <see langword="out"/> use; invalid until set.</summary>
    public Descriptor()
        : base(-1, ownsHandle: true)
    {
    }

    public Descriptor(int number)
        : base(number, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle < 0;

    /// <summary>The number, for calls made while this object is alive.</summary>
    public int Number => (int)handle;

    /// <summary>Gives up ownership: the caller closes the number.</summary>
    public int Release()
    {
        int number = (int)handle;
        SetHandleAsInvalid();
        return number;
    }

    protected override bool ReleaseHandle()
    {
        // close(2) must not be repeated after EINTR: the descriptor is gone either way.
        _ = Libc.close((int)handle);
        return true;
    }
}
