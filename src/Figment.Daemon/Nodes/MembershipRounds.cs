using Figment.Node.Members;

namespace Figment.Daemon.Nodes;

/// <summary>Answers other nodes, and meets them now and then.</summary>
internal sealed class MembershipRounds(Membership membership, NodePort port, TimeProvider time, ILogger<MembershipRounds> log) : BackgroundService
{
    /// <summary>What one node has heard the others know after as long, at the latest.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await membership.ServeAsync(port);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await port.CloseAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            try
            {
                await membership.RoundAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                log.LogError(exception, "the other nodes could not be met");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
