using Figment.Box.Tests.Harness;
using Figment.Model.Control;

namespace Figment.Box.Tests;

public sealed class LaunchTests : IDisposable
{
    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public void A_program_runs_and_its_exit_code_and_output_come_back()
    {
        using var box = TestBox.Start(_network, Machines.Script("echo out; echo err >&2; exit 7"));

        box.Expect<BoxMessage.Started>();
        var exited = box.ExpectExit();

        Assert.Equal(7, exited.ExitCode);
        Assert.Null(exited.Signal);
        Assert.Equal(["err", "out"], exited.LastLines.Order());
        Assert.Equal(["err", "out"], box.Log.Order());
    }
}
