using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Ownership;

/// <summary>Owner and group of a file by its path (chown(2)); links are followed.</summary>
public static class FileOwner
{
    public static void Change(string path, uint owner, uint group) =>
        LinuxException.ThrowIfNegative(Libc.chown(path, owner, group), "chown(2)", path);
}
