using System.Net.NetworkInformation;
using Figment.Linux.Namespaces;

namespace Figment.Linux.Tests.Namespaces;

public sealed class NamespaceThreadTests
{
    [Fact]
    public void A_new_network_namespace_has_only_loopback_and_the_caller_stays_where_it_was()
    {
        string before = File.ResolveLinkTarget("/proc/thread-self/ns/net", false)!.Name;

        var (inside, lines) = NamespaceThread.RunInNew(
            NamespaceKind.Network,
            () => (File.ResolveLinkTarget("/proc/thread-self/ns/net", false)!.Name, File.ReadAllLines("/proc/thread-self/net/dev").Length));

        Assert.NotEqual(before, inside);
        Assert.Equal(3, lines); // two lines of heading, lo
        Assert.Equal(before, File.ResolveLinkTarget("/proc/thread-self/ns/net", false)!.Name);
        Assert.NotEmpty(NetworkInterface.GetAllNetworkInterfaces());
    }

    [Fact]
    public void What_is_thrown_inside_is_thrown_outside() =>
        Assert.Throws<InvalidDataException>(() => NamespaceThread.RunInNew<int>(NamespaceKind.Uts, () => throw new InvalidDataException()));
}
