namespace Figment.Daemon.Hosting;

/// <summary>For a server beside the daemon's: its life is the daemon's, and so are signals.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
