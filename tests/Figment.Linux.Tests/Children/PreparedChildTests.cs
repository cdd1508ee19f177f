using Figment.Linux.Children;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Polling;

namespace Figment.Linux.Tests.Children;

public sealed class PreparedChildTests
{
    [Fact]
    public void A_child_makes_its_steps_and_is_executed()
    {
        var (reader, writer) = FileCalls.Pipe();
        using var child = new PreparedChild();
        child.AddDuplicate(writer, 1);
        child.AddDirectory("/usr");
        child.AddWaitForGo();
        child.AddExecute(["/no/such/sh", "/bin/sh"], ["sh", "-c", "pwd; echo $A"], ["A=b"]);
        using var process = child.Start(NamespaceKind.None);
        writer.Dispose();
        child.Go();

        Assert.Equal(("/no/such/sh", Errno.ENOENT), child.ReadReport() is { } report ? (PreparedChild.ExecutePath(report), report.Error) : default);
        Assert.Null(child.ReadReport());
        using var output = new StreamReader(new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(reader.Release(), ownsHandle: true), FileAccess.Read));
        Assert.Equal("/usr\nb\n", output.ReadToEnd());
    }

    [Fact]
    public void A_step_that_fails_is_reported_and_ends_the_child()
    {
        using var child = new PreparedChild();
        child.AddDirectory("/no/such/folder");
        child.AddExecute(["/bin/true"], ["true"], []);
        using var process = child.Start(NamespaceKind.None);

        Assert.Equal(new ChildReport("enter the folder /no/such/folder", Errno.ENOENT, -1, Ended: true), child.ReadReport());
        Assert.Null(child.ReadReport());
    }

    [Fact]
    public void A_child_ends_when_its_parent_never_says_go()
    {
        var child = new PreparedChild();
        child.AddWaitForGo();
        child.AddExecute(["/bin/sleep"], ["sleep", "1000"], []);
        using var process = child.Start(NamespaceKind.None);
        child.Dispose();

        using var epoll = new Epoll();
        epoll.Add(process.Descriptor, PollEvents.Readable, 1);
        List<(ulong, PollEvents)> ready = [];
        epoll.Wait(10_000, ready);
        Assert.Single(ready);
    }
}
