using System.Buffers;
using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Figment.Linux.SocketDiagnostics;

/// <summary>
/// How many TCP segments and UDP datagrams came to and went from the programs of a network namespace (proc_pid_net(5), snmp): that of a process, also after its end. One thread.
/// Of a namespace without an IPv6 address but the loopback's the datagrams of IPv6 are not read: the file takes longer than all the rest.
/// </summary>
public sealed class TrafficCount : IDisposable
{
    private const int BytesMax = 8192;

    private readonly SafeFileHandle _version4;
    private readonly SafeFileHandle? _version6;

    /// <param name="process">Any process of the namespace.</param>
    public TrafficCount(int process)
    {
        string folder = $"/proc/{process}/net";
        _version4 = Open(folder, "snmp");
        string addresses = Path.Combine(folder, "if_inet6");
        if (File.Exists(addresses) && HasAddress(File.ReadLines(addresses)))
        {
            _version6 = Open(folder, "snmp6");
        }
    }

    /// <summary>Segments of both versions of IP, and datagrams of either.</summary>
    public (long Segments, long Datagrams) Read()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BytesMax);
        try
        {
            var text = buffer.AsSpan(0, ReadAll(_version4, buffer));
            long segments = Segments(text);
            long datagrams = Datagrams(text);
            return (segments, _version6 is null ? datagrams : datagrams + DatagramsOfVersion6(buffer.AsSpan(0, ReadAll(_version6, buffer))));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        _version4.Dispose();
        _version6?.Dispose();
    }

    /// <summary><c>Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs …</c>; retransmitted ones are among them.</summary>
    internal static long Segments(ReadOnlySpan<byte> text) => Sum(text, "\nTcp: "u8, 9, 10);

    /// <summary><c>Udp: InDatagrams NoPorts InErrors OutDatagrams …</c>.</summary>
    internal static long Datagrams(ReadOnlySpan<byte> text) => Sum(text, "\nUdp: "u8, 0, 3);

    /// <summary>A name and a number each line.</summary>
    internal static long DatagramsOfVersion6(ReadOnlySpan<byte> text) => Named(text, "\nUdp6InDatagrams"u8) + Named(text, "\nUdp6OutDatagrams"u8);

    /// <summary>A line each (if_inet6): address, interface, length of the prefix, scope, flags, name.</summary>
    internal static bool HasAddress(IEnumerable<string> lines) => lines.Any(line => !line.StartsWith("00000000000000000000000000000001 ", StringComparison.Ordinal));

    /// <summary>A line of names, then one of numbers, of which these two are added.</summary>
    private static long Sum(ReadOnlySpan<byte> text, ReadOnlySpan<byte> protocol, int one, int other)
    {
        int names = text.IndexOf(protocol);
        int numbers = names < 0 ? -1 : text[(names + 1)..].IndexOf(protocol);
        if (numbers < 0)
        {
            throw new InvalidDataException("snmp lacks a protocol's counts");
        }

        var line = text[(names + 1 + numbers + protocol.Length)..];
        long sum = 0;
        for (int field = 0; field <= other; field++)
        {
            if (!Utf8Parser.TryParse(line, out long number, out int length))
            {
                throw new InvalidDataException("a count in snmp is no number");
            }

            sum += field == one || field == other ? number : 0;
            line = line[Math.Min(line.Length, length + 1)..];
        }

        return sum;
    }

    private static long Named(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        int at = text.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(text[(at + name.Length)..].TrimStart(" \t"u8), out long number, out _) ? number : 0;
    }

    private static SafeFileHandle Open(string folder, string name) => File.OpenHandle(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

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
