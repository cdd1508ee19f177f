using System.Diagnostics;
using Figment.Linux.Credentials;
using Figment.Migration.Criu;
using Figment.Migration.Engine;

namespace Figment.Migration.Tests;

/// <summary>As whom CRIU runs where root lacks CAP_SYS_RESOURCE.</summary>
public sealed class TreeOwnerTests
{
    private static readonly CriuStart Plain = new() { Program = "/opt/criu", Arguments = ["/opt/criu", "swrk", "3"], Environment = [], Descriptors = [] };

    [Fact]
    public void Of_root_alone_it_runs_as_root()
    {
        Assert.Null(TreeOwner.One([(0, 0), (0, 0)]));
        Assert.Same(Plain, TreeOwner.As(Plain, null));
    }

    [Fact]
    public void Of_one_user_it_runs_as_that_user_with_the_other_capabilities()
    {
        Assert.Equal((101u, 103u), TreeOwner.One([(101, 103), (101, 103)]));

        var start = TreeOwner.As(Plain, (101, 103));

        Assert.Equal("/usr/bin/setpriv", start.Program);
        Assert.Equal(
            "/usr/bin/setpriv --reuid 101 --regid 103 --clear-groups --inh-caps +all,-sys_resource --ambient-caps +all,-sys_resource -- /opt/criu swrk 3",
            string.Join(' ', start.Arguments));
    }

    [Fact]
    public void Of_several_users_it_is_refused_by_their_names()
    {
        var refused = Assert.Throws<CriuException>(() => TreeOwner.One([(0, 0), (33, 33), (0, 33)]));

        Assert.Contains("several users (0:0, 33:33, 0:33)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("CAP_SYS_RESOURCE", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A tree as nginx is, of whoever has all capabilities and of a sandbox' root.</summary>
    [Fact]
    public void With_the_capability_a_tree_of_several_users_is_dumped_as_any_other_and_without_it_it_is_refused()
    {
        using var tree = Process.Start("sh", ["-c", "setpriv --reuid 33 --regid 33 --clear-groups sleep 1000 & exec sleep 1000"]);
        try
        {
            var clock = Stopwatch.StartNew();
            string refused;
            do
            {
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), "the child has not become another user after ten seconds");
                refused = Record.Exception(() => TreeOwner.Of(tree.Id, CapabilitySet.Parse(["KILL", "SYS_PTRACE"])))?.Message ?? "";
            }
            while (!refused.Contains("several users (0:0, 33:33)", StringComparison.Ordinal));

            Assert.Null(TreeOwner.Of(tree.Id, CapabilitySet.Parse(["KILL", "SYS_PTRACE", "SYS_RESOURCE"])));
        }
        finally
        {
            tree.Kill(entireProcessTree: true);
            tree.WaitForExit();
        }
    }
}
