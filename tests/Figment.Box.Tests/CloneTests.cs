using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Box.Tests;

/// <summary>Machines that begin from a snapshot of another. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class CloneTests : IDisposable
{
    private const string SecondAddress = "10.213.0.22";
    private const int Port = 7000;

    private readonly TestNetwork _network = new();
    private readonly string _shared = Directory.CreateTempSubdirectory("figment-clone-").FullName;

    public CloneTests()
    {
        File.SetUnixFileMode(_shared, (UnixFileMode)0b111_101_101);
        Run("gcc", "-O1", "-o", Path.Combine(_shared, "clone"), Path.Combine(AppContext.BaseDirectory, "clone.c"));
        Run("ip", "-n", _network.MachineName, "addr", "add", SecondAddress + "/24", "dev", "eth0");
    }

    public void Dispose()
    {
        _network.Dispose();
        Directory.Delete(_shared, recursive: true);
    }

    [Fact]
    public void Each_has_names_addresses_and_random_numbers_of_its_own_and_the_snapshot_serves_again_and_again()
    {
        var machine = Machine("web-1", TestNetwork.MachineAddress, "sh", "-c", $"echo of the snapshot > /srv/written; exec /srv/shared/clone {TestNetwork.MachineAddress} {Port}");
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Listening>();
        string[] first = Ask(TestNetwork.MachineAddress);
        Assert.Equal(("web-1", TestNetwork.MachineAddress, "0"), (first[0], first[1], first[4]));
        using var generation = Generation(box);
        Assert.Equal(("web-1", "image"), (Text(generation, "machine"), Text(generation, "from")));
        string folder = Take(box);

        // It goes on as it was.
        Assert.Equal(first, Ask(TestNetwork.MachineAddress));
        box.Send(new BoxMessage.StopProgram { GraceMs = 0 });
        box.ExpectExit();

        List<string> wiped = [first[3]];
        for (int time = 0; time < 2; time++)
        {
            var second = Machine("web-2", SecondAddress, "never", "started");
            using var clone = Begin(second, folder);
            clone.Expect<BoxMessage.Started>();
            string[] answer = Ask(SecondAddress);
            Assert.Equal(("web-2", SecondAddress, first[2], "3"), (answer[0], answer[1], answer[2], answer[4]));
            Assert.DoesNotContain(answer[3], wiped);
            wiped.Add(answer[3]);
            using var own = Generation(clone);
            Assert.Equal(("web-2", "snapshot", SecondAddress), (Text(own, "machine"), Text(own, "from"), own.RootElement.GetProperty("addresses")[0].GetString()));
            Assert.NotEqual(Text(generation, "generation"), Text(own, "generation"));
            Assert.Equal("of the snapshot\n", File.ReadAllText(Path.Combine(clone.Folder, "overlay", "upper", "srv", "written")));
            Assert.False(Directory.Exists(Path.Combine(clone.StateDirectory, "view")));
            clone.Send(new BoxMessage.StopProgram { GraceMs = 0 });
            clone.ExpectExit();
        }
    }

    /// <summary>Before CRIU looks, and when it has half of it.</summary>
    [Theory]
    [InlineData("files.img", TestNetwork.MachineAddress)]
    [InlineData("files.img", "0.0.0.0")]
    [InlineData("mm-1.img", TestNetwork.MachineAddress)]
    [InlineData("core-1.img", "0.0.0.0")]
    public void One_that_does_not_begin_starts_its_program_with_what_it_had_written_and_serves_who_came(string damaged, string bound)
    {
        var machine = Machine("web-1", TestNetwork.MachineAddress, "sh", "-c", $"[ -e /srv/written ] && cat /srv/written || echo of the snapshot > /srv/written; exec /srv/shared/clone {bound} {Port}");
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Listening>();
        string folder = Take(box);
        box.Send(new BoxMessage.StopProgram { GraceMs = 0 });
        box.ExpectExit();
        File.WriteAllText(Path.Combine(box.Folder, "overlay", "upper", "srv", "written"), "of later\n");
        string image = Path.Combine(folder, damaged);
        byte[] bytes = File.ReadAllBytes(image);
        bytes.AsSpan(bytes.Length / 2).Fill(0xff);
        File.WriteAllBytes(image, bytes);
        var placeholder = _network.Placeholder(Port);
        using var client = _network.InClient(() => new System.Net.Sockets.TcpClient(TestNetwork.MachineAddress, Port));

        using var started = TestBox.Start(_network, machine, [(TestMachines.Tcp(Port), placeholder)], launch => launch with { RestoreFrom = folder, IsClone = true, KeptConnections = 0 }, again: box);

        string reason = started.Expect<BoxMessage.NotRestored>().Reason;
        Assert.False(started.Expect<BoxMessage.Started>() is null, reason);
        using var reader = new StreamReader(client.GetStream());
        string? answer = reader.ReadLine();
        Assert.True(answer?.StartsWith("web-1 ", StringComparison.Ordinal), $"{answer}; {reason}; {started.BoxLog}; {string.Join('|', started.Log)}");
        Wait.Until(() => started.Log.Contains("of later"), "it tells what it had written");
        started.Expect<BoxMessage.Listening>();
        using (var generation = Generation(started))
        {
            Assert.Equal("image", Text(generation, "from"));
        }

        started.Send(new BoxMessage.StopProgram { GraceMs = 0 });
        started.ExpectExit();
    }

    [Theory]
    [InlineData("true", null)]
    [InlineData("exit 3", "after-restore: hook sh -c exit 3: 3")]
    public void Before_it_counts_as_started_it_is_told_and_one_that_cannot_be_told_ends(string hook, string? failure)
    {
        var machine = Machine("web-1", TestNetwork.MachineAddress, "/srv/shared/clone", TestNetwork.MachineAddress, "7000") with { AfterRestore = [new HookSpec { Command = ["sh", "-c", hook] }] };
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Listening>();
        string folder = Take(box);
        box.Send(new BoxMessage.StopProgram { GraceMs = 0 });
        box.ExpectExit();

        using var clone = Begin(machine, folder);
        if (failure is null)
        {
            clone.Expect<BoxMessage.Started>();
            Ask(TestNetwork.MachineAddress);
            clone.Send(new BoxMessage.StopProgram { GraceMs = 0 });
            clone.ExpectExit();
            return;
        }

        Assert.StartsWith(failure, clone.Expect<BoxMessage.StartFailed>().Error, StringComparison.Ordinal);
        Wait.Until(() => clone.HasEnded, "the box ends after its last message");
    }

    [Fact]
    public void Another_kind_of_machine_does_not_begin_from_it()
    {
        var machine = Machine("web-1", TestNetwork.MachineAddress, "/srv/shared/clone", TestNetwork.MachineAddress, "7000");
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Listening>();
        string folder = Take(box);
        box.Send(new BoxMessage.StopProgram { GraceMs = 0 });
        box.ExpectExit();

        using var clone = Begin(machine with { Kind = "web-other" }, folder);

        Assert.Contains("another kind of machine", clone.Expect<BoxMessage.NotRestored>().Reason, StringComparison.Ordinal);
        clone.Expect<BoxMessage.Started>();
        clone.Send(new BoxMessage.StopProgram { GraceMs = 0 });
        clone.ExpectExit();
    }

    private static string Take(TestBox box)
    {
        string folder = Path.Combine(box.Folder, "kind");
        BoxMessage? answer = null;
        Wait.Until(
            () =>
            {
                box.Send(new BoxMessage.Checkpoint { Folder = folder, LeaveRunning = true, Connections = CheckpointConnections.Close, WithFiles = true, ForClones = true });
                answer = box.Expect<BoxMessage>(message => message is BoxMessage.Checkpointed or BoxMessage.CheckpointFailed);
                return answer is not BoxMessage.CheckpointFailed { Reason: "it starts" };
            },
            "it has started");
        Assert.True(answer is BoxMessage.Checkpointed { GoesOn: true }, $"{answer}; box.log: {box.BoxLog}");
        return folder;
    }

    private static JsonDocument Generation(TestBox box) => JsonDocument.Parse(File.ReadAllText(Path.Combine(box.RuntimeDirectory, "machine.json")));

    private static string? Text(JsonDocument document, string name) => document.RootElement.GetProperty(name).GetString();

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private TestBox Begin(MachineLaunch machine, string folder) =>
        TestBox.Start(_network, machine, change: launch => launch with { RestoreFrom = folder, IsClone = true, KeptConnections = 0 });

    private MachineLaunch Machine(string name, string address, params string[] arguments) => TestMachines.Host(arguments) with
    {
        Name = name,
        Number = int.Parse(name.AsSpan(4), CultureInfo.InvariantCulture),
        Hostname = name,
        Kind = "web-k1",
        FromSnapshot = true,
        Interfaces = [new InterfaceLaunch { Network = "default", Address = address }],
        Mounts = [new MountLaunch { Kind = MountKind.Bind, Source = _shared, Target = "/srv/shared", ReadOnly = true }],
    };

    /// <summary>Host name, address, the number that is kept, the one that is not, and how many pages were empty.</summary>
    private string[] Ask(string address)
    {
        string answer = "";
        Wait.Until(
            () => (answer = _network.InClient(() =>
            {
                using var socket = new System.Net.Sockets.TcpClient();
                socket.Connect(address, Port);
                using var reader = new StreamReader(socket.GetStream());
                return reader.ReadLine() ?? "";
            })).Length > 0,
            "it answers");
        return answer.Split(' ');
    }
}
