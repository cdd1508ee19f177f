using System.Diagnostics;
using System.Globalization;
using Figment.Box.Tests.Harness;
using Figment.Migration.Handover;
using Figment.Migration.Transfer;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Tests;

namespace Figment.Box.Tests;

/// <summary>A machine leaves that has written much to its root, and goes on writing. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class WrittenDepartureTests(ITestOutputHelper output) : IDisposable
{
    private const string Data = "upper/srv/data";

    /// <summary>Appends, writes through a mapping, replaces a file; says how long it stood at most.</summary>
    private const string Program = """
        import mmap, os, time
        os.makedirs('/srv/data', exist_ok=True)
        with open('/srv/data/big', 'wb') as file:
            for _ in range(200):
                file.write(os.urandom(1 << 20))
        log = open('/srv/data/log', 'ab', buffering=0)
        mapped = open('/srv/data/mapped', 'w+b')
        mapped.truncate(8 << 20)
        memory = mmap.mmap(mapped.fileno(), 0)
        mapped.close()
        print('full')
        count = longest = 0
        last = time.monotonic()
        while True:
            count += 1
            log.write(b'%09d\n' % count)
            place = count * 40961 % (8 << 20) & ~7
            memory[place:place + 8] = memory[0:8] = count.to_bytes(8, 'little')
            if count % 50 == 0:
                with open('/srv/data/state~', 'w') as file:
                    file.write(str(count))
                os.rename('/srv/data/state~', '/srv/data/state')
            now = time.monotonic()
            if now - last > longest:
                longest = now - last
                print('longest %.1f ms' % (longest * 1000))
            last = now
            time.sleep(0.001)
        """;

    private static readonly MachineLaunch Writer = TestMachines.Host("python3", "-uc", Program);

    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void What_it_wrote_is_there_byte_for_byte_and_it_goes_on_writing()
    {
        using var twin = _network.Twin();
        using var box = StartWriter();
        using var departure = Departure.Begin(box);
        departure.Take();
        string written = Path.Combine(departure.Images, BoxMessage.Checkpoint.WrittenFolder);
        string there = Path.Combine(written, Data);
        Assert.Equal(TreeListing.Of(Path.Combine(box.Folder, "overlay", Data), TreeListing.OfTheNode), TreeListing.Of(there));
        long lines = Lines(Path.Combine(there, "log"));
        Assert.Equal(lines, BitConverter.ToInt64(File.ReadAllBytes(Path.Combine(there, "mapped"))), 1.0);

        string overlay = "";
        using var arriving = TestBox.Start(twin, Writer, change: launch =>
        {
            overlay = launch.Machine.Root.OverlayDirectory;
            using var copy = Process.Start("cp", ["-a", written + "/.", overlay]);
            copy.WaitForExit();
            return launch with { RestoreFrom = departure.Images, Arrives = true };
        });
        arriving.Expect<BoxMessage.Held>();
        departure.Rule(Verdict.Commit);
        Assert.Equal((0, ""), departure.End());
        _network.Switch();
        arriving.Send(new BoxMessage.Release { Runs = true });
        arriving.Expect<BoxMessage.Started>();

        string log = Path.Combine(overlay, Data, "log");
        Wait.Until(() => Lines(log) > lines + 50, "it goes on writing");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Called_off_it_goes_on_writing_where_it_was(bool stopsFirst)
    {
        using var box = StartWriter();
        using var departure = Departure.Begin(box, stopsFirst: stopsFirst);
        new VerdictFile(departure.Images + ".migration").Rule(Verdict.Abort);
        departure.Take();
        Assert.Equal((1, "the verdict is that it stays"), departure.End());

        string log = Path.Combine(box.Folder, "overlay", Data, "log");
        long lines = Lines(log);
        Wait.Until(() => Lines(log) > lines + 50, "it goes on writing");
        output.WriteLine(box.Log.Last(line => line.StartsWith("longest", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_cannot_travel_calls_it_off_before_it_stands_still()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("python3", "-uc", "import os, time\nos.makedirs(b'/srv/odd\\xff')\nprint('full')\ntime.sleep(1000)\n"));
        Wait.Until(() => box.Log.Contains("full"), "it has written its files");
        using var departure = Departure.Begin(box);

        Assert.Throws<TransferException>(() => { departure.Take(); });
        var (code, why) = departure.End();
        Assert.Equal(1, code);
        Assert.StartsWith("written/upper/srv has a name that is not UTF-8 (6f6464ff), which is not kept", why, StringComparison.Ordinal);
        Assert.False(box.HasEnded);
        Assert.Empty(Directory.GetFiles(departure.Images));

        // The runtime cannot remove such names.
        using var removal = StreamClient.Exec(box, "sh", "-c", "rm -rf /srv/odd*");
        Assert.Equal(0, removal.ReadToExit());
    }

    private TestBox StartWriter()
    {
        var box = TestBox.Start(_network, Writer);
        Wait.Until(() => box.Log.Contains("full"), "it has written its files");
        return box;
    }

    /// <summary>One after the other, none is missing. The last may not be complete yet.</summary>
    private static long Lines(string log)
    {
        string[] lines = File.ReadAllText(log).Split('\n')[..^1];
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(number => number.ToString("D9", CultureInfo.InvariantCulture)), lines);
        return lines.Length;
    }
}
