using Figment.Linux.Files;

namespace Figment.Box.Control;

/// <summary>Reads one line from a connection and nothing behind it, for what follows is read by another reader.</summary>
internal static class FirstLine
{
    /// <summary>A command line with its environment; the kernel's own bound is not far above.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Null at the end of the connection.</summary>
    /// <exception cref="InvalidDataException">It is too long.</exception>
    public static byte[]? Read(Descriptor socket)
    {
        List<byte> line = [];
        Span<byte> next = stackalloc byte[1];
        while (FileCalls.Read(socket, next) == 1)
        {
            if (next[0] == '\n')
            {
                return [.. line];
            }

            if (line.Count == BytesMax)
            {
                throw new InvalidDataException($"the first line is longer than {BytesMax} bytes");
            }

            line.Add(next[0]);
        }

        return null;
    }
}
