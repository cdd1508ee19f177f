namespace Figment.Cluster.Tests.Support;

/// <summary>One daemon for a class of tests that leave it as it was.</summary>
public sealed class DaemonFixture : IAsyncLifetime
{
    public DaemonProcess Daemon { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Daemon = await DaemonProcess.StartAsync();

    public async ValueTask DisposeAsync() => await Daemon.DisposeAsync();
}
