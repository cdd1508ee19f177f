using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Figment.Linux.SocketDiagnostics;

/// <summary>How many UDP datagrams came to and went from the programs of a network namespace (proc_pid_net(5), snmp): that of a process, also after its end. One thread.</summary>
public sealed class DatagramCount : IDisposable
{
    private readonly SafeFileHandle _version4;
    private readonly SafeFileHandle? _version6;

    /// <param name="process">Any process of the namespace.</param>
    public DatagramCount(int process)
    {
        string folder = $"/proc/{process}/net";
        _version4 = File.OpenHandle(Path.Combine(folder, "snmp"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        string version6 = Path.Combine(folder, "snmp6");
        _version6 = File.Exists(version6) ? File.OpenHandle(version6, FileMode.Open, FileAccess.Read, FileShare.ReadWrite) : null;
    }

    public long Read()
    {
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(8192);
        try
        {
            long count = OfVersion4(buffer.AsSpan(0, ReadAll(_version4, buffer)));
            return _version6 is null ? count : count + OfVersion6(buffer.AsSpan(0, ReadAll(_version6, buffer)));
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        _version4.Dispose();
        _version6?.Dispose();
    }

    /// <summary>A line of names, then one of numbers: <c>Udp: InDatagrams NoPorts InErrors OutDatagrams …</c>.</summary>
    internal static long OfVersion4(ReadOnlySpan<byte> text)
    {
        int names = text.IndexOf("\nUdp: "u8);
        int numbers = names < 0 ? -1 : text[(names + 1)..].IndexOf("\nUdp: "u8);
        if (numbers < 0)
        {
            throw new InvalidDataException("snmp has no counts of UDP");
        }

        const int InDatagrams = 0;
        const int OutDatagrams = 3;
        var line = text[(names + 1 + numbers + "\nUdp: ".Length)..];
        long sum = 0;
        for (int field = 0; field <= OutDatagrams; field++)
        {
            if (!Utf8Parser.TryParse(line, out long number, out int length))
            {
                throw new InvalidDataException("a count of UDP in snmp is no number");
            }

            sum += field is InDatagrams or OutDatagrams ? number : 0;
            line = line[Math.Min(line.Length, length + 1)..];
        }

        return sum;
    }

    /// <summary>A name and a number each line.</summary>
    internal static long OfVersion6(ReadOnlySpan<byte> text) => Of(text, "\nUdp6InDatagrams"u8) + Of(text, "\nUdp6OutDatagrams"u8);

    private static long Of(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        int at = text.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(text[(at + name.Length)..].TrimStart(" \t"u8), out long number, out _) ? number : 0;
    }

    private static int ReadAll(SafeFileHandle file, byte[] buffer)
    {
        int length = 0;
        while (length < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(length), length) is var count && count > 0)
        {
            length += count;
        }

        return length;
    }
}
