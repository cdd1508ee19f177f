using Figment.Keeper.Learning;
using Figment.Keeper.Tests.Lifecycle;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Keeper.Tests.Learning;

public sealed class LearntPortsTests
{
    private static readonly Action<string> Unexpected = text => Assert.Fail(text);

    [Fact]
    public void What_was_learnt_is_there_for_the_next_keeper()
    {
        using var folder = new TemporaryFolder();
        var learnt = LearntPorts.Open(folder["learnt.json"], Unexpected);
        Assert.True(learnt.Want("db", 5432, TransportProtocol.Tcp));
        Assert.True(learnt.Confirm("db", 80, TransportProtocol.Tcp, ListenFamily.DualStack));
        Assert.False(learnt.Confirm("db", 80, TransportProtocol.Tcp, ListenFamily.DualStack));

        var next = LearntPorts.Open(folder["learnt.json"], Unexpected);

        Assert.Equal([KeeperBench.Tcp(80, ListenFamily.DualStack), KeeperBench.Tcp(5432)], next.Merge("db", [KeeperBench.Tcp(80)]));
        Assert.Equal([KeeperBench.Tcp(80)], next.Merge("other", [KeeperBench.Tcp(80)]));
        Assert.True(next.IsGuess("db", 5432, TransportProtocol.Tcp));
    }

    [Fact]
    public void Only_guesses_are_forgotten()
    {
        using var folder = new TemporaryFolder();
        var learnt = LearntPorts.Open(folder["learnt.json"], Unexpected);
        learnt.Want("db", 1, TransportProtocol.Tcp);
        learnt.Confirm("db", 2, TransportProtocol.Tcp, ListenFamily.Ipv4);

        Assert.True(learnt.Forget("db", 1, TransportProtocol.Tcp));
        Assert.False(learnt.Forget("db", 2, TransportProtocol.Tcp));
        Assert.Equal([KeeperBench.Tcp(2, ListenFamily.Ipv4)], learnt.Merge("db", []));
    }

    [Fact]
    public void A_damaged_file_is_told_and_learnt_anew()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["learnt.json"], "{ nonsense");
        var told = new List<string>();

        var learnt = LearntPorts.Open(folder["learnt.json"], told.Add);

        Assert.Contains("learnt again", Assert.Single(told), StringComparison.Ordinal);
        Assert.Empty(learnt.Merge("db", []));
    }
}
