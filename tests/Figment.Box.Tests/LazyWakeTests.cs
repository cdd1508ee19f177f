using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Box.Tests;

/// <summary>Machines with much memory that come back from storage before it is there. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class LazyWakeTests(ITestOutputHelper output) : IDisposable
{
    private const string AllThere = "of which it waited for";
    private static readonly MachineLaunch Redis = TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp", "--enable-debug-command", "yes");

    private readonly TestNetwork _network = new();
    private readonly List<TestBox> _boxes = [];
    private Socket _client = null!;

    public void Dispose()
    {
        _client.Dispose();
        _boxes.ForEach(box => box.Dispose());
        _network.Dispose();
    }

    [Fact]
    public void It_answers_before_all_of_its_memory_is_there_and_has_all_of_it_in_the_end()
    {
        Start(200);
        string digest = Digest();
        foreach (int turn in new[] { 1, 2 })
        {
            Hibernate();
            Assert.Equal("$6\r\nvalue7\r\n", _client.Ask("GET seven\r\n", "value7\r\n"));
            Assert.Equal(digest, Digest());
            output.WriteLine($"{turn}: {AwaitMemory()}");
            Assert.NotEmpty(Directory.GetFiles(Path.Combine(_boxes[^1].Folder, "state"), "working-set-*.index"));
        }
    }

    /// <summary>What is in the snapshot's folder goes as soon as the machine runs.</summary>
    [Fact]
    public void Its_snapshot_may_go_meanwhile()
    {
        Start(200);
        string digest = Digest();
        string folder = Hibernate();
        _boxes[^1].Expect<BoxMessage.Started>();
        Directory.Delete(folder, recursive: true);
        Assert.Equal(digest, Digest());
    }

    [Fact]
    public void What_was_touched_first_and_is_damaged_is_passed_over()
    {
        Start(200);
        Hibernate();
        AwaitMemory();
        string file = Directory.GetFiles(Path.Combine(_boxes[^1].Folder, "state"), "working-set-*.index").Order(StringComparer.Ordinal).First();
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);

        Hibernate();

        Assert.Equal("$6\r\nvalue7\r\n", _client.Ask("GET seven\r\n", "value7\r\n"));
        AwaitMemory();
        Assert.Contains($"touched first the last time is not known: {file}", _boxes[^1].BoxLog, StringComparison.Ordinal);
    }

    /// <summary>Figures, printed and not judged, with the sizes in MB that <c>FIGMENT_MEASURE_MB</c> names (100).</summary>
    [Fact]
    public void From_the_box_begins_to_the_answer()
    {
        const int Rounds = 8;
        foreach (int megabytes in (Environment.GetEnvironmentVariable("FIGMENT_MEASURE_MB") ?? "100").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture)))
        {
            Start(megabytes);
            List<double> values = [];
            for (int round = 0; round < Rounds; round++)
            {
                long begun = 0;
                Hibernate(() => begun = Stopwatch.GetTimestamp());
                _client.Ask("GET seven\r\n", "value7\r\n");
                values.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{megabytes} MB: {string.Join(", ", values.Select(value => value.ToString("F0", CultureInfo.InvariantCulture)))} ms"));
        }
    }

    private void Start(int megabytes)
    {
        _boxes.ForEach(box => box.Dispose());
        _boxes.Clear();
        _boxes.Add(TestBox.Start(_network, Redis, [(TestMachines.Tcp(6379), _network.Placeholder(6379))]));
        _boxes[0].Expect<BoxMessage.Listening>();
        _client = _network.Connect(6379);
        Assert.Equal("+OK\r\n", _client.Ask(string.Create(CultureInfo.InvariantCulture, $"DEBUG POPULATE {megabytes * 900} key 1000\r\n"), "\r\n"));
        Assert.Equal("+OK\r\n", _client.Ask("SET seven value7\r\n", "\r\n"));
    }

    /// <summary>It goes on from the folder that is returned.</summary>
    private string Hibernate(Action? isStored = null)
    {
        var snapshot = _boxes[^1].Checkpoint(Path.Combine(_boxes[^1].Folder, string.Create(CultureInfo.InvariantCulture, $"snapshot-{_boxes.Count}")), CheckpointConnections.Keep);
        isStored?.Invoke();
        _boxes.Add(_boxes[^1].RestoreKept(_network, Redis, snapshot));
        return snapshot.Folder;
    }

    /// <summary>Of all that redis knows.</summary>
    private string Digest() => _client.Ask("DEBUG DIGEST\r\n", "\r\n");

    private string AwaitMemory()
    {
        var box = _boxes[^1];
        string? Line() => box.BoxLog.Split('\n').LastOrDefault(line => line.Contains(AllThere, StringComparison.Ordinal));
        Wait.Until(() => Line() is not null, () => $"its memory has come: {box.BoxLog}");
        return Line()!;
    }
}
