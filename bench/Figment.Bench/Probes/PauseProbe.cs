using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Figment.Bench.Probes;

/// <summary>A client that writes to a redis every millisecond on one connection. For each line that it reads it prints the longest time from one answer to the next since the line before, in microseconds.</summary>
internal static class PauseProbe
{
    /// <summary>Of 1,000 bytes each, every millisecond.</summary>
    private const int WritesPerTurn = 5;

    private const int ValueBytes = 1000;
    private const int AnswerBytes = 5; // +OK, CR, LF

    public static async Task RunAsync(IPEndPoint server, int keys)
    {
        double longest = 0;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        using var ended = new CancellationTokenSource();
        Task writer = Task.Factory.StartNew(Write, TaskCreationOptions.LongRunning);
        while (await Console.In.ReadLineAsync() is not null && !writer.IsCompleted)
        {
            Console.WriteLine(Interlocked.Exchange(ref longest, 0).ToString("F1", CultureInfo.InvariantCulture));
        }

        await ended.CancelAsync();
        await writer;

        void Write()
        {
            var random = new Random(1);
            byte[] answers = new byte[WritesPerTurn * AnswerBytes];
            string value = new('y', ValueBytes);
            long last = Stopwatch.GetTimestamp();
            while (!ended.IsCancellationRequested)
            {
                var words = new StringBuilder();
                for (int count = 0; count < WritesPerTurn; count++)
                {
                    words.Append(CultureInfo.InvariantCulture, $"SET k{random.Next(1, keys + 1)} {value}\r\n");
                }

                socket.Send(Encoding.ASCII.GetBytes(words.ToString()));
                for (int received = 0; received < answers.Length;)
                {
                    int length = socket.Receive(answers.AsSpan(received));
                    received += length > 0 ? length : throw new IOException($"{server} closed the connection");
                }

                if (!answers.AsSpan().StartsWith("+OK"u8))
                {
                    throw new IOException($"{server} answered {Encoding.ASCII.GetString(answers)}");
                }

                long now = Stopwatch.GetTimestamp();
                double gap = Stopwatch.GetElapsedTime(last, now).TotalMicroseconds;
                last = now;
                double known;
                while (gap > (known = Volatile.Read(ref longest)) && Interlocked.CompareExchange(ref longest, gap, known) != known)
                {
                    // It was asked for meanwhile.
                }

                ended.Token.WaitHandle.WaitOne(1);
            }
        }
    }
}
