using System.Diagnostics;
using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;

namespace Figment.Linux.Tests.Sockets;

public sealed class PacketSocketTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Messages_come_whole_and_the_end_is_told()
    {
        var (own, theirs) = PacketSocket.Pair();
        using (own)
        {
            using var sender = Start("printf one >&3", theirs);
            theirs.Dispose();

            Assert.Equal("one"u8.ToArray(), own.Receive(sender, Patience));
            Assert.Null(own.Receive(sender, Patience));
            sender.Wait();
        }
    }

    /// <summary>What it restores has CRIU's end of the socket until it is complete.</summary>
    [Fact]
    public void Who_has_ended_says_nothing_more_although_its_child_has_the_socket()
    {
        var (own, theirs) = PacketSocket.Pair();
        using (own)
        {
            using var sender = Start("printf last >&3; sleep 1000 & echo $! >&3; kill -9 $$", theirs);
            theirs.Dispose();
            long begun = Stopwatch.GetTimestamp();

            Assert.Equal("last"u8.ToArray(), own.Receive(sender, Patience));
            using var child = Pidfd.Open(int.Parse(own.Receive(sender, Patience)!, System.Globalization.CultureInfo.InvariantCulture));
            Assert.Null(own.Receive(sender, Patience));
            Assert.True(Stopwatch.GetElapsedTime(begun) < Patience);
            Assert.Equal(9, sender.Wait().Signal);
            child.Signal(9);
        }
    }

    [Fact]
    public void Nobody_is_waited_for_longer_than_was_said()
    {
        var (own, theirs) = PacketSocket.Pair();
        using (own)
        {
            using var sender = Start("sleep 1000", theirs);

            Assert.Contains("no message within 0.05 s", Assert.Throws<TimeoutException>(() => own.Receive(sender, TimeSpan.FromMilliseconds(50))).Message, StringComparison.Ordinal);
            sender.Signal(9);
            sender.Wait();
            theirs.Dispose();
        }
    }

    /// <summary>With the socket as its descriptor 3.</summary>
    private static Pidfd Start(string script, Descriptor socket)
    {
        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        return Pidfd.Open(Spawner.Spawn("/bin/sh", ["sh", "-c", script], ["PATH=/usr/bin:/bin"], nothing, nothing, directory: "/", [socket]));
    }
}
