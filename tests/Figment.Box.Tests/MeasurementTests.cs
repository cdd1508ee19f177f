using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;

namespace Figment.Box.Tests;

/// <summary>Figures, printed and not judged..</summary>
public sealed class MeasurementTests(ITestOutputHelper output) : IDisposable
{
    private const string ConnectLoop = """
        import socket, sys, time
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect((sys.argv[1], 7000))
        n = 20000
        start = time.perf_counter()
        for i in range(n): s.connect((sys.argv[1], 7000))
        print('%.2f' % ((time.perf_counter() - start) / n * 1e6), flush=True)
        """;

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void A_trapped_connect_is_compared_with_one_that_is_not()
    {
        string native = Native("/usr/bin/python3", "-c", ConnectLoop, TestNetwork.OtherAddress);
        using var box = TestBox.Start(_network, TestMachines.Host("/usr/bin/python3", "-c", ConnectLoop, TestNetwork.OtherAddress));
        box.Send(new BoxMessage.Granted { Id = box.Expect<BoxMessage.Wanted>().Id });
        Assert.Equal(0, box.ExpectExit().ExitCode);

        output.WriteLine($"connect: {box.Log[0]} us trapped and granted, {native.Trim()} us untrapped");
        Assert.Empty(box.Rest().OfType<BoxMessage.Wanted>());
        Assert.True(double.Parse(box.Log[0], CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public void A_wake_is_compared_with_a_start_without_figment()
    {
        const int Rounds = 7;
        List<double> wakes = [];
        List<double> starts = [];
        for (int round = 0; round < Rounds; round++)
        {
            starts.Add(NativeStart());
            wakes.Add(Wake());
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"memcached, spawn to first answer, median of {Rounds}: box {wakes.Order().ElementAt(Rounds / 2):F1} ms (least {wakes.Min():F1}), alone {starts.Order().ElementAt(Rounds / 2):F1} ms (least {starts.Min():F1})"));
        Assert.Equal(Rounds, wakes.Count);
    }

    [Fact]
    public void An_answer_of_a_frozen_redis_is_compared_with_one_of_a_redis_that_runs()
    {
        const int Rounds = 50;
        using var box = TestBox.Start(_network, TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp"));
        box.Expect<BoxMessage.Listening>();
        using var client = _network.Connect(6379);
        List<double> running = [];
        List<double> frozen = [];
        List<double> newClient = [];
        for (int round = 0; round < Rounds; round++)
        {
            running.Add(AnswerTime(() => client));
            box.Freeze();
            frozen.Add(AnswerTime(() => client));
            box.Expect<BoxMessage.Thawed>();
            box.Freeze();
            Socket? other = null;
            newClient.Add(AnswerTime(() => other = _network.Connect(6379)));
            other!.Dispose();
            box.Expect<BoxMessage.Thawed>();
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"redis, request to answer, median (most) of {Rounds}: running {Median(running):F0} us, frozen {Median(frozen):F0} ({frozen.Max():F0}) us, frozen and a new connection {Median(newClient):F0} ({newClient.Max():F0}) us"));
        Assert.Equal(Rounds, frozen.Count);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static double AnswerTime(Func<Socket> connect)
    {
        long start = Stopwatch.GetTimestamp();
        Assert.Equal("+PONG\r\n", connect().Ask("PING\r\n", "\r\n"));
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    private double Wake()
    {
        var placeholder = _network.Placeholder(11211);
        using var client = _network.Connect(11211);
        long start = Stopwatch.GetTimestamp();
        using var box = TestBox.Start(_network, TestMachines.Host("memcached", "-u", "root"), [(TestMachines.Tcp(11211), placeholder)]);
        Assert.StartsWith("VERSION", client.Ask("version\r\n", "\r\n"), StringComparison.Ordinal);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private double NativeStart()
    {
        long start = Stopwatch.GetTimestamp();
        using var process = Process.Start("ip", ["netns", "exec", _network.MachineName, "memcached", "-u", "root"]);
        Socket? client = null;
        Wait.Until(
            () =>
            {
                try
                {
                    client = _network.Connect(11211);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            "memcached listens");
        using (client)
        {
            Assert.StartsWith("VERSION", client!.Ask("version\r\n", "\r\n"), StringComparison.Ordinal);
        }

        double elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        process.Kill();
        process.WaitForExit();
        return elapsed;
    }

    private string Native(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", _network.MachineName, .. command]) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }
}
