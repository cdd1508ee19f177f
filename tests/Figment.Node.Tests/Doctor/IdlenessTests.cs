using Figment.Api.Contract;
using Figment.Model.States;
using Figment.Node.Doctor;

namespace Figment.Node.Tests.Doctor;

public sealed class IdlenessTests
{
    [Fact]
    public void Machines_that_never_rest_are_named_with_what_is_in_the_way()
    {
        var rests = new MachineView { Application = "shop", Machine = "web-1", Service = "web", State = MachineState.Running, Since = DateTimeOffset.UnixEpoch };

        Assert.Equal(CheckResult.Ok, NodeDoctor.Idleness([rests]).Result);
        var check = NodeDoctor.Idleness([rests, rests with { Machine = "poll-1", NotIdle = "thread 7 runs" }]);
        Assert.Equal((CheckResult.Warning, "shop/poll-1: thread 7 runs"), (check.Result, check.Found));
        Assert.Contains("ignore: heartbeat", check.Hint, StringComparison.Ordinal);
    }
}
