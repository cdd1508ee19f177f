using System.Runtime.InteropServices;

namespace Figment.Linux.Native;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statfs(string path, Statfs* result);

    /// <summary>struct statfs, of which only the type is read (120 bytes on 64-bit machines).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct Statfs
    {
        [FieldOffset(0)]
        public long f_type;
    }
}
