using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Moves;

/// <summary>One node's half of a move: what happens goes one after the other through a pure decision, whose actions are begun in their order. Any thread may post.</summary>
internal abstract class MoveLoop<TInput>(TimeProvider time, ILogger log) : IDisposable
    where TInput : class
{
    private readonly Channel<TInput> _inputs = Channel.CreateUnbounded<TInput>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The daemon ends.</summary>
    protected CancellationToken Stopping => _stopping.Token;

    protected TimeProvider Time => time;

    protected ILogger Log => log;

    protected long NowMs => (long)time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>When <see cref="Due"/> is to come.</summary>
    protected abstract long? DueMs { get; }

    protected abstract bool IsOver { get; }

    protected abstract TInput Due { get; }

    public void Post(TInput input) => _inputs.Writer.TryWrite(input);

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    /// <summary>Until nothing is left to do.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (!IsOver)
            {
                await DecideAsync(await NextAsync().ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // What is on storage tells the next daemon.
        }
    }

    protected abstract Task DecideAsync(TInput input);

    /// <summary>Does something beside the loop; what goes wrong is posted, unless it is nothing that happens.</summary>
    protected void Begin(Func<Task> work, Func<string, TInput?> failed) => _ = Task.Run(async () =>
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            log.LogDebug(exception, "move");
            if (failed(exception.Message) is { } input)
            {
                Post(input);
            }
        }
    });

    private async Task<TInput> NextAsync()
    {
        if (_inputs.Reader.TryRead(out var ready))
        {
            return ready;
        }

        if (DueMs is not { } at)
        {
            return await _inputs.Reader.ReadAsync(Stopping).ConfigureAwait(false);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        limit.CancelAfter(TimeSpan.FromMilliseconds(Math.Clamp(at - NowMs, 0, int.MaxValue)));
        try
        {
            return await _inputs.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!Stopping.IsCancellationRequested)
        {
            return Due;
        }
    }
}
