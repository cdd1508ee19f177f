using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;

namespace Figment.Keeper.Fabric;

/// <summary>A file below <c>/proc/sys/net</c>, of the network namespace of the calling thread.</summary>
internal static class KernelSetting
{
    private const string Root = "/proc/sys/net/";

    internal static void Write(string name, string value)
    {
        using var file = FileCalls.Open(Root + name, FileCalls.O_WRONLY);
        FileCalls.Write(file, Encoding.ASCII.GetBytes(value));
    }

    /// <summary>For settings that a kernel may lack (IPv6 or the bridge's filter not built in): then there is nothing to set.</summary>
    internal static void WriteIfPresent(string name, string value)
    {
        try
        {
            Write(name, value);
        }
        catch (LinuxException exception) when (exception.Error == Errno.ENOENT)
        {
            return;
        }
    }

    internal static string Read(string name)
    {
        using var file = FileCalls.Open(Root + name, FileCalls.O_RDONLY);
        Span<byte> bytes = stackalloc byte[256];
        return Encoding.ASCII.GetString(bytes[..FileCalls.Read(file, bytes)]).Trim();
    }
}
