using System.Runtime.InteropServices;
using Figment.Linux.Errors;

namespace Figment.Linux.Tests.Errors;

public sealed class LinuxExceptionTests
{
    [Fact]
    public void Errno_is_that_of_the_call_whatever_the_description_does()
    {
        Marshal.SetLastPInvokeError((int)Errno.EADDRINUSE);
        var failure = Assert.Throws<LinuxException>(() => LinuxException.ThrowIfNegative(-1, "bind(2)", $"{new Clobbering()} of the node"));
        Assert.Equal(Errno.EADDRINUSE, failure.Error);
        Assert.StartsWith("bind(2) port 8080 of the node: EADDRINUSE", failure.Message, StringComparison.Ordinal);

        Marshal.SetLastPInvokeError((int)Errno.ENOENT);
        Assert.Equal(Errno.ENOENT, LinuxException.Last("open(2)", $"{new Clobbering()}").Error);
    }

    [Fact]
    public void A_call_that_succeeded_is_not_described() =>
        Assert.Equal(7, LinuxException.ThrowIfNegative(7, "read(2)", $"{new Unspeakable()}"));

    /// <summary>Like an address whose text needs an assembly that is not loaded yet.</summary>
    private sealed class Clobbering
    {
        public override string ToString()
        {
            Marshal.SetLastPInvokeError(203);
            return "port 8080";
        }
    }

    private sealed class Unspeakable
    {
        public override string ToString() => throw new InvalidOperationException("nobody asked");
    }
}
