using System.Text;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;

namespace Figment.Box.Tests;

public sealed class StreamTests : IDisposable
{
    private readonly TestNetwork _network = new();
    private readonly TestBox _box;

    public StreamTests()
    {
        var machine = TestMachines.Script("trap 'exit 0' TERM; while read line; do echo \"got $line\"; done; echo input ended; sleep 1000 & wait");
        _box = TestBox.Start(_network, machine with { Program = machine.Program with { StdinOpen = true, Environment = [.. machine.Program.Environment, "A=1", "B=2"] } });
        _box.Expect<BoxMessage.Started>();
    }

    public void Dispose()
    {
        _box.Dispose();
        _network.Dispose();
    }

    [Fact]
    public void Exec_runs_in_the_machine_and_returns_its_code()
    {
        using var client = StreamClient.Exec(_box, "/bin/sh", "-c", "hostname; cat /proc/1/comm; echo $A; echo oops >&2; exit 3");

        Assert.Null(client.Reply.Error);
        Assert.Equal(3, client.ReadToExit());
        Assert.Equal("web-1\nsh\n1\n", client.Output.ToString());
        Assert.Equal("oops\n", client.Errors.ToString());
    }

    [Fact]
    public void Exec_of_a_missing_program_says_so_with_127()
    {
        using var client = StreamClient.Exec(_box, "no-such-program");

        Assert.Equal(127, client.Reply.ExitCode);
        Assert.Contains("not found along the machine's PATH", client.Reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_carries_much_input_both_ways_and_its_end()
    {
        using var client = StreamClient.Open(_box, new StreamRequest.Exec { Arguments = ["/bin/cat"], Stdin = true });
        byte[] chunk = Encoding.ASCII.GetBytes(new string('x', 60_000) + "\n");
        var writer = new Thread(() =>
        {
            for (int count = 0; count < 20; count++)
            {
                client.Send(0, chunk);
            }

            client.Send(0, []);
        });
        writer.Start();

        Assert.Equal(0, client.ReadToExit());
        writer.Join();
        Assert.Equal(20 * chunk.Length, client.Output.Length);
    }

    [Fact]
    public void Exec_on_a_terminal_has_its_size_and_control_characters()
    {
        using var client = StreamClient.Open(_box, new StreamRequest.Exec { Arguments = ["/bin/sh", "-c", "read line; stty size; tty; cat"], Tty = true, Stdin = true });
        client.Send(3, [0, 100, 0, 40]);
        client.Send(0, "go\n"u8);
        client.ReadUntil("/dev/pts/");
        Assert.Contains("40 100", client.Output.ToString(), StringComparison.Ordinal);
        client.Send(0, "typed\n"u8);
        client.ReadUntil("typed\r\ntyped\r\n");
        client.Send(0, [3]);

        Assert.Equal(130, client.ReadToExit());
    }

    [Fact]
    public void A_signal_frame_reaches_the_executed_program()
    {
        using var client = StreamClient.Exec(_box, "/bin/sleep", "1000");
        client.Send(5, [15]);

        Assert.Equal(143, client.ReadToExit());
    }

    [Fact]
    public void An_executed_program_ends_with_its_client()
    {
        using (StreamClient.Exec(_box, "/bin/sleep", "4711"))
        {
            Wait.Until(() => Runs("4711"), "the program runs");
        }

        Wait.Until(() => !Runs("4711"), "the program ends");
    }

    [Fact]
    public void Attach_carries_input_and_output_and_the_exit()
    {
        using var client = StreamClient.Attach(_box, input: true);
        client.Send(0, "one\n"u8);
        client.Send(0, []);
        Wait.Until(() => _box.Log.Contains("input ended"), "the program reads the end of its input");
        _box.Send(new BoxMessage.StopProgram());

        Assert.Equal(0, client.ReadToExit());
        Assert.Equal("got one\ninput ended\n", client.Output.ToString());
        Assert.Equal(0, _box.ExpectExit().ExitCode);
    }

    private bool Runs(string argument)
    {
        using var client = StreamClient.Exec(_box, "/bin/sh", "-c", $"grep -l sleep /proc/[0-9]*/comm | while read f; do tr '\\0' ' ' < ${{f%comm}}cmdline; done");
        client.ReadToExit();
        return client.Output.ToString().Contains("sleep " + argument, StringComparison.Ordinal);
    }
}
