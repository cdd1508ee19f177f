using System.Diagnostics;
using System.Globalization;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Google.Protobuf;

namespace Figment.Box.Tests;

/// <summary>Snapshots of machines that go on: their memory is copied while they run. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class RunningCopyTests(ITestOutputHelper output) : IDisposable
{
    private const int PagesSkippedParent = 6;
    private const int PagesWritten = 7;
    private const long Ballast = 200 << 20;

    private readonly TestNetwork _network = new();
    private readonly string _shared = Directory.CreateTempSubdirectory("figment-copy-").FullName;

    public void Dispose()
    {
        _network.Dispose();
        Directory.Delete(_shared, recursive: true);
    }

    /// <summary>Two processes write as fast as they can, in all ways there are, and tell whether their memory is what they wrote.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("nobody")]
    public void What_is_written_while_it_is_copied_is_in_the_snapshot(string? user)
    {
        File.SetUnixFileMode(_shared, (UnixFileMode)0b111_111_111);
        string program = Path.Combine(_shared, "writer");
        using (var compiler = Process.Start(new ProcessStartInfo("gcc", ["-O1", "-o", program, Path.Combine(AppContext.BaseDirectory, "writer.c")])))
        {
            compiler!.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }

        var machine = TestMachines.Host("/srv/shared/writer", "/srv/shared/progress") with { Mounts = [new MountLaunch { Kind = MountKind.Bind, Source = _shared, Target = "/srv/shared" }] };
        machine = machine with { Program = machine.Program with { User = user } };
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Started>();
        AssertGoesOn();
        var snapshot = Checkpoint(box, "first");
        AssertGoesOn();
        snapshot = Checkpoint(box, "second");
        AssertGoesOn();
        box.Send(new BoxMessage.StopProgram { GraceMs = 0 });
        box.ExpectExit();

        using var restored = box.Restore(_network, machine, snapshot, launch => launch with { KeptConnections = 0 });
        restored.Expect<BoxMessage.Started>();
        AssertGoesOn();
    }

    /// <summary>What it stands still for does not grow with its memory: CRIU writes none of it.</summary>
    [Fact]
    public void Memory_that_is_copied_is_not_written_by_criu_again()
    {
        var machine = TestMachines.Host("python3", "-u", "-c", $"""
            import os, time
            ballast = bytearray({Ballast})
            for at in range(0, len(ballast), 1 << 20): ballast[at:at + (1 << 20)] = os.urandom(1 << 20)
            print('full')
            while True: time.sleep(0.01)
            """);
        using var box = TestBox.Start(_network, machine);
        Wait.Until(() => box.Log.Contains("full"), "it has filled its memory");

        var snapshot = Checkpoint(box, "snapshot");

        output.WriteLine($"{snapshot.PauseMs} ms for {Ballast} bytes; CRIU's counts: {string.Join(", ", Counts(snapshot.Folder))}");
        Assert.True(Directory.GetFiles(snapshot.Folder, "pages-*.img").Sum(file => new FileInfo(file).Length) > Ballast);

        var counts = Counts(snapshot.Folder);
        Assert.True(counts[PagesSkippedParent] > Ballast / 4096, $"{counts[PagesSkippedParent]} pages left out");
        Assert.InRange(counts[PagesWritten], 0, 1000);
        Assert.Equal(["contents"], Directory.GetDirectories(snapshot.Folder).Select(Path.GetFileName));
        Assert.DoesNotContain("parent", Directory.GetFiles(snapshot.Folder).Select(Path.GetFileName));
    }

    private static BoxMessage.Checkpointed Checkpoint(TestBox box, string name)
    {
        box.Send(new BoxMessage.Checkpoint { Folder = Path.Combine(box.Folder, name), LeaveRunning = true });
        var answer = box.Expect<BoxMessage>(message => message is BoxMessage.Checkpointed or BoxMessage.CheckpointFailed);
        Assert.True(answer is BoxMessage.Checkpointed { GoesOn: true }, $"{answer}; {box.BoxLog}");
        Assert.DoesNotContain("of its memory is written", box.BoxLog, StringComparison.Ordinal);
        return (BoxMessage.Checkpointed)answer;
    }

    /// <summary>What CRIU counted, by the numbers of its fields (<c>stats.proto</c>).</summary>
    private static Dictionary<int, long> Counts(string snapshot)
    {
        const int HeadBytes = 12;
        using var all = new CodedInputStream(File.ReadAllBytes(Path.Combine(snapshot, "stats-dump"))[HeadBytes..]);
        all.ReadTag();
        using var dump = new CodedInputStream(all.ReadBytes().ToByteArray());
        Dictionary<int, long> counts = [];
        while (dump.ReadTag() is > 0 and var tag)
        {
            counts[WireFormat.GetTagFieldNumber(tag)] = (long)dump.ReadUInt64();
        }

        return counts;
    }

    private void AssertGoesOn()
    {
        foreach (int process in new[] { 0, 1 })
        {
            long then = Good(process);
            Wait.Until(() => Good(process) > then + 3, () => $"process {process} finds its memory right");
        }
    }

    private long Good(int process)
    {
        string file = Path.Combine(_shared, $"progress.{process}");
        string text = File.Exists(file) ? File.ReadAllText(file).Trim() : "";
        Assert.True(long.TryParse(text is "" ? "0" : text, NumberStyles.None, CultureInfo.InvariantCulture, out long good), text);
        return good;
    }
}
