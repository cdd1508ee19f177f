using System.Diagnostics;

namespace Figment.EndToEnd.Tests;

/// <summary>Counts in a machine <c>cache-1</c> on one connection, from the network of <c>web-1</c>, and says what was not as it should be.</summary>
internal sealed class MachineCounter : IDisposable
{
    private const string Program = """
        import select, socket, sys, time
        client = socket.create_connection((sys.argv[2], 6379))
        answers = client.makefile("rb")
        print("begun", flush=True)
        least, count = int(sys.argv[1]), 0
        while count <= least or not select.select([sys.stdin], [], [], 0)[0]:
            client.sendall(b"INCR count\r\n")
            answer = answers.readline()
            count += 1
            if answer != b":%d\r\n" % count:
                print("answer", count, "is", answer)
                sys.exit(1)
            time.sleep(0.001)
        print("counted", count)
        """;

    private readonly Process _process;
    private readonly int _least;

    private MachineCounter(Process process, int least) => (_process, _least) = (process, least);

    /// <param name="node">Has web-1, and knows where cache-1 is.</param>
    /// <param name="application">Of both.</param>
    /// <param name="least">It counts further than that.</param>
    public static MachineCounter Begin(FigmentNode node, string application, int least = 1_000)
    {
        node.Run("exec", "-p", application, "web-1", "redis-cli", "-h", "cache-1", "del", "count");

        // In the machine's network, but no part of it: nothing of Figment carries what it says.
        var start = new ProcessStartInfo("nsenter", [$"--net=/proc/{node.Machine(application, "web-1").Pid}/ns/net", "python3", "-c", Program, $"{least}", node.Machine(application, "cache-1").Addresses[0].Value])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        Assert.Equal("begun", process.StandardOutput.ReadLine());
        return new MachineCounter(process, least);
    }

    /// <summary>It goes on until it has counted far enough; all answers came, and were right.</summary>
    public void End()
    {
        _process.StandardInput.Close();
        string rest = _process.StandardOutput.ReadToEnd();
        Assert.True(_process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.True(rest.StartsWith("counted ", StringComparison.Ordinal), rest + _process.StandardError.ReadToEnd());
        Assert.True(int.Parse(rest["counted ".Length..]) > _least, rest);
    }

    public void Dispose() => _process.Dispose();
}
