using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Figment.Bench.Probes;

/// <summary>
/// The client half, run as a process of its own inside of a client's network (<c>Figment.Bench probe ...</c>). It prints microseconds.
/// Its own start and compilation lie outside of what it measures: it first asks a listener of its own.
/// </summary>
internal static class Probe
{
    private const int WarmUpRounds = 3;

    private static readonly string[] s_environment = ["PATH", "HOME"];

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(5);

    // A first packet that is lost because the machine is not there yet is sent again only after a second. A client that tries again anyway gives it up before.
    private static readonly TimeSpan TryLimit = TimeSpan.FromMilliseconds(10);

    public static async Task<int> RunAsync(string[] arguments)
    {
        WarmUp();
        switch (arguments)
        {
            case ["wake", var host, var port, var request]:
                Console.WriteLine(Format(Ask(new IPEndPoint(IPAddress.Parse(host), Number(port)), request, retry: false)));
                return 0;
            case ["spawn", var pace, var host, var port, var request, .. var command]:
                Console.WriteLine(Format(Spawn(pace == "busy", new IPEndPoint(IPAddress.Parse(host), Number(port)), request, command)));
                return 0;
            case ["ask", var host, var port, var request]:
                AskWhenTold(new IPEndPoint(IPAddress.Parse(host), Number(port)), request);
                return 0;
            case ["connects", var host, var port, var count]:
                Console.WriteLine(string.Join(' ', Connects(new IPEndPoint(IPAddress.Parse(host), Number(port)), Number(count)).Select(Format)));
                return 0;
            case ["burst", var retry, var port, var request, .. var hosts]:
                Console.WriteLine(Format(await BurstAsync(retry == "retry", Number(port), request, hosts)));
                return 0;
            case ["pause", var host, var port, var keys]:
                await PauseProbe.RunAsync(new IPEndPoint(IPAddress.Parse(host), Number(port)), Number(keys));
                return 0;
            case ["move", var host, var port, var keys]:
                await MoveProbe.RunAsync(new IPEndPoint(IPAddress.Parse(host), Number(port)), Number(keys));
                return 0;
            case ["load", .. var words] when words.Length == 6:
                await LoadProbe.RunAsync(words);
                return 0;
            case ["ensemble", .. var hosts] when hosts.Length == 3:
                await EnsembleProbe.RunAsync(hosts);
                return 0;
            default:
                Console.Error.WriteLine("probe: wake HOST PORT REQUEST | spawn busy|easy HOST PORT REQUEST COMMAND... | ask HOST PORT REQUEST | connects HOST PORT COUNT | burst once|retry PORT REQUEST HOST... | pause HOST PORT KEYS | move HOST PORT KEYS | load HOST PORT RATE RATE SECONDS SECONDS | ensemble HOST HOST HOST");
                return 2;
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Format(double microseconds) => microseconds.ToString("F1", CultureInfo.InvariantCulture);

    private static void WarmUp()
    {
        // The first try of each is refused, as a real one may be; what serves it is made only when it has been.
        for (int round = 0; round < WarmUpRounds; round++)
        {
            foreach (bool retry in (bool[])[true, false])
            {
                Socket? listener = null;
                var server = FreeEndPoint();
                if (!retry)
                {
                    listener = Answer(server);
                }

                Ask(server, "warm", retry, () => listener ??= Answer(server));
                listener!.Dispose();
            }
        }

        using Process process = Process.Start("true");
        process.WaitForExit();
    }

    private static IPEndPoint FreeEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    private static Socket Answer(IPEndPoint server)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(server);
        listener.Listen();
        Task.Run(() =>
        {
            using Socket client = listener.Accept();
            client.Send("warm"u8);
        });
        return listener;
    }

    /// <summary>From the first call of connect to the first byte of an answer.</summary>
    private static double Ask(IPEndPoint server, string request, bool retry, Action? pause = null)
    {
        byte[] words = Encoding.ASCII.GetBytes(request);
        byte[] answer = new byte[1];
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)AnswerLimit.TotalMilliseconds };
            try
            {
                Connect(socket, server, retry);
                socket.Send(words);
                if (socket.Receive(answer) > 0)
                {
                    return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
                }
            }
            catch (SocketException error) when (retry && error.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.HostUnreachable or SocketError.NetworkUnreachable)
            {
                // The server does not listen yet.
            }

            if (!retry || Stopwatch.GetElapsedTime(start) > AnswerLimit)
            {
                throw new IOException($"{server} gave no answer");
            }

            pause?.Invoke();
        }
    }

    private static void Connect(Socket socket, IPEndPoint server, bool retry)
    {
        if (!retry)
        {
            socket.Connect(server);
            return;
        }

        socket.Blocking = false;
        try
        {
            socket.Connect(server);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            int code = socket.Poll(TryLimit, SelectMode.SelectWrite) ? (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! : (int)SocketError.HostUnreachable;
            if (code != 0)
            {
                throw new SocketException((int)SocketError.ConnectionRefused, $"{server} is not there yet ({code})");
            }
        }

        socket.Blocking = true;
    }

    private static double Spawn(bool busy, IPEndPoint server, string request, string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };

        // As in a machine and a container: what a node's shell adds can cost a program half of its start (NODE_EXTRA_CA_CERTS).
        foreach (string name in start.Environment.Keys.Except(s_environment).ToList())
        {
            start.Environment.Remove(name);
        }

        using var pause = new ManualResetEventSlim();
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => Console.Error.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        // A busy client sees the first moment; a server that needs both cores must not share them with it.
        Ask(server, request, retry: true, busy ? () => Thread.Yield() : () => pause.Wait(1));
        double elapsed = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return elapsed;
    }

    /// <summary>A line of standard input is a request: <c>old</c> on the first connection, <c>new</c> on one of its own.</summary>
    private static void AskWhenTold(IPEndPoint server, string request)
    {
        byte[] words = Encoding.ASCII.GetBytes(request);
        byte[] answer = new byte[4096];
        using var old = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        while (Console.ReadLine() is { } how)
        {
            // Only where one is used: a server that takes one client after the other would wait for its request for ever.
            if (how == "open")
            {
                old.Connect(server);
                Console.WriteLine("opened");
                continue;
            }

            long start = Stopwatch.GetTimestamp();
            using var own = how == "new" ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true } : null;
            own?.Connect(server);
            var socket = own ?? old;
            socket.Send(words);
            if (socket.Receive(answer) == 0)
            {
                throw new IOException($"{server} gave no answer");
            }

            Console.WriteLine(Format(Stopwatch.GetElapsedTime(start).TotalMicroseconds));
        }
    }

    /// <summary>Each time is one connect; the socket is made before and closed after.</summary>
    private static List<double> Connects(IPEndPoint server, int count)
    {
        var times = new List<double>(count);
        for (int index = 0; index < count; index++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            // A reset instead of a long farewell: thousands of connections would fill the port range.
            socket.LingerState = new LingerOption(true, 0);
            long start = Stopwatch.GetTimestamp();
            socket.Connect(server);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        return times;
    }

    /// <summary>Asks all hosts at once; time until the last has answered.</summary>
    private static async Task<double> BurstAsync(bool retry, int port, string request, string[] hosts)
    {
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(hosts.Select(host => AskAsync(retry, new IPEndPoint(IPAddress.Parse(host), port), request, start)));
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    private static async Task AskAsync(bool retry, IPEndPoint server, string request, long start)
    {
        byte[] answer = new byte[1];
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                using var limit = new CancellationTokenSource(retry ? TryLimit : AnswerLimit);
                await socket.ConnectAsync(server, limit.Token);
                await socket.SendAsync(Encoding.ASCII.GetBytes(request));
                if (await socket.ReceiveAsync(answer) > 0)
                {
                    return;
                }
            }
            catch (SocketException error) when (retry && error.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.HostUnreachable or SocketError.NetworkUnreachable)
            {
                await Task.Delay(1);
            }
            catch (OperationCanceledException) when (retry)
            {
                // Given up, to be tried again at once.
            }

            if (!retry || Stopwatch.GetElapsedTime(start) > AnswerLimit)
            {
                throw new IOException($"{server} gave no answer");
            }
        }
    }
}
