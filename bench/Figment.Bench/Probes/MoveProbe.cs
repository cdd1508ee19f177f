using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Figment.Bench.Probes;

/// <summary>
/// A client of a redis that moves: it asks every millisecond on one connection, connects anew where that ends, and remembers what was acknowledged. Told by lines: <c>fill</c> writes every key once;
/// <c>idle</c> and <c>write</c> begin to ask, for the next number, or by five writes of 1,000 bytes each; <c>end</c> stops, reads all keys, and prints the longest time from one answer to the next in
/// microseconds, how many connections ended, how many requests were not answered, how many acknowledged writes were not there.
/// </summary>
internal sealed class MoveProbe : IDisposable
{
    private const int WritesPerTurn = 5;
    private const int ValueBytes = 1000;
    private const int NumberCharacters = 16;
    private const int KeysPerTurn = 500;
    private const string Counter = "asked";

    private static readonly TimeSpan TryLimit = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly IPEndPoint _server;
    private readonly long[] _acknowledged;
    private readonly Random _random = new(1);
    private readonly byte[] _filler = new byte[ValueBytes * 64];
    private Socket? _socket;
    private Stream _answers = Stream.Null;
    private long _number;
    private long _counted;
    private bool _isCertain = true;
    private int _connections;
    private int _failed;
    private double _longest;
    private volatile bool _ends;

    private MoveProbe(IPEndPoint server, int keys)
    {
        (_server, _acknowledged) = (server, new long[keys]);

        // What does not compress, as the paper's memhog; base64, so that a value is one word.
        byte[] random = new byte[_filler.Length * 3 / 4];
        _random.NextBytes(random);
        Encoding.ASCII.GetBytes(Convert.ToBase64String(random)).AsSpan(0, _filler.Length).CopyTo(_filler);
    }

    public static async Task RunAsync(IPEndPoint server, int keys)
    {
        using var probe = new MoveProbe(server, keys);
        Task asking = Task.CompletedTask;
        while (await Console.In.ReadLineAsync() is { } line)
        {
            switch (line)
            {
                case "fill":
                    probe.Fill();
                    Console.WriteLine("filled");
                    break;
                case "idle" or "write":
                    var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    asking = Task.Factory.StartNew(() => probe.Ask(line == "write", begun), TaskCreationOptions.LongRunning);
                    await Task.WhenAny(begun.Task, asking);
                    Console.WriteLine(line);
                    break;
                case "end":
                    probe._ends = true;
                    await asking;
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{probe._longest:F1} {probe._connections} {probe._failed} {probe.Lost()}"));
                    break;
            }
        }
    }

    public void Dispose() => _socket?.Dispose();

    private void Fill()
    {
        Connect();
        for (int first = 0; first < _acknowledged.Length; first += KeysPerTurn)
        {
            int[] keys = [.. Enumerable.Range(first, Math.Min(KeysPerTurn, _acknowledged.Length - first))];
            Write(keys);
        }
    }

    private void Ask(bool writes, TaskCompletionSource begun)
    {
        (_longest, _connections, _failed, _ends) = (0, 0, 0, false);
        long last = 0;
        int[] keys = new int[WritesPerTurn];
        while (!_ends)
        {
            for (int count = 0; count < keys.Length; count++)
            {
                keys[count] = _random.Next(_acknowledged.Length);
            }

            try
            {
                if (_socket is null)
                {
                    Connect();
                }

                if (writes)
                {
                    Write(keys);
                }
                else
                {
                    Count();
                }
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                _socket?.Dispose();
                _socket = null;
                _isCertain = false;
                _connections++;
                _failed += writes ? WritesPerTurn : 1;
                if (last != 0 && Stopwatch.GetElapsedTime(last) > Limit)
                {
                    throw new IOException($"{_server} has not answered for {Limit.TotalSeconds} s: {exception.Message}");
                }

                Reconnect(last);
                continue;
            }

            long now = Stopwatch.GetTimestamp();
            if (last != 0)
            {
                _longest = Math.Max(_longest, Stopwatch.GetElapsedTime(last, now).TotalMicroseconds);
            }

            last = now;
            begun.TrySetResult();
            using var wait = new ManualResetEventSlim();
            wait.Wait(1);
        }
    }

    private void Connect()
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(_server);
        _answers = new BufferedStream(new NetworkStream(_socket), 64 * 1024);
    }

    /// <summary>Until somebody listens there, however often that takes.</summary>
    private void Reconnect(long last)
    {
        while (last == 0 || Stopwatch.GetElapsedTime(last) < Limit)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, Blocking = false };
            try
            {
                socket.Connect(_server);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // On its way.
            }
            catch (SocketException)
            {
                socket.Dispose();
                using var wait = new ManualResetEventSlim();
                wait.Wait(1);
                continue;
            }

            // A first packet that is lost because nobody is there yet is sent again only after a second.
            if (socket.Poll(TryLimit, SelectMode.SelectWrite) && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0)
            {
                socket.Blocking = true;
                _socket = socket;
                _answers = new BufferedStream(new NetworkStream(_socket), 64 * 1024);
                return;
            }

            socket.Dispose();
        }
    }

    private void Count()
    {
        Send($"INCR {Counter}\r\n");
        long count = long.Parse(Line().AsSpan(1), CultureInfo.InvariantCulture);
        if (_isCertain && _counted != 0 && count != _counted + 1)
        {
            throw new InvalidDataException($"{_server} counted {count} after {_counted}");
        }

        (_counted, _isCertain) = (count, true);
    }

    private void Write(int[] keys)
    {
        var words = new MemoryStream();
        long first = _number;
        foreach (int key in keys)
        {
            words.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"SET k{key} {++_number:D16}")));
            words.Write(_filler.AsSpan(_random.Next(_filler.Length - ValueBytes), ValueBytes - NumberCharacters));
            words.Write("\r\n"u8);
        }

        Send(words.GetBuffer().AsSpan(0, (int)words.Length));
        foreach (int key in keys)
        {
            if (Line() is var answer && answer != "+OK")
            {
                throw new InvalidDataException($"{_server} answered {answer}");
            }

            _acknowledged[key] = ++first;
        }
    }

    /// <summary>How many keys have an older value than the one that was acknowledged, or none.</summary>
    private int Lost()
    {
        int lost = 0;
        for (int first = 0; first < _acknowledged.Length; first += KeysPerTurn)
        {
            int[] keys = [.. Enumerable.Range(first, Math.Min(KeysPerTurn, _acknowledged.Length - first))];
            Send(string.Concat(keys.Select(key => string.Create(CultureInfo.InvariantCulture, $"GETRANGE k{key} 0 {NumberCharacters - 1}\r\n"))));
            foreach (int key in keys)
            {
                lost += Line() != "$" + NumberCharacters.ToString(CultureInfo.InvariantCulture) || long.Parse(Line(), CultureInfo.InvariantCulture) < _acknowledged[key] ? 1 : 0;
            }
        }

        return lost;
    }

    private void Send(string words) => Send(Encoding.ASCII.GetBytes(words));

    private void Send(ReadOnlySpan<byte> words)
    {
        while (words.Length > 0)
        {
            words = words[_socket!.Send(words)..];
        }
    }

    private string Line()
    {
        var line = new StringBuilder();
        while (_answers.ReadByte() is var character && character != '\n')
        {
            if (character < 0)
            {
                throw new EndOfStreamException($"{_server} closed the connection");
            }

            if (character != '\r')
            {
                line.Append((char)character);
            }
        }

        return line.ToString();
    }
}
