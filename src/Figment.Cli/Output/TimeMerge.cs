using System.Runtime.CompilerServices;

namespace Figment.Cli.Output;

/// <summary>Several streams, each ordered by time, as one.</summary>
internal static class TimeMerge
{
    /// <param name="streams">Each ordered; read in parallel.</param>
    /// <param name="at">Time of an item.</param>
    /// <param name="patience">How long an item waits for a stream that has none ready, which may still bring an older one; infinite for streams that end.</param>
    /// <param name="time">Measures the patience.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Index of the stream and item.</returns>
    public static async IAsyncEnumerable<(int Stream, T Item)> MergeAsync<T>(
        IReadOnlyList<IAsyncEnumerable<T>> streams, Func<T, DateTimeOffset> at, TimeSpan patience, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var readers = streams.Select(stream => stream.GetAsyncEnumerator(stop.Token)).ToArray();
        var moves = readers.Select(reader => reader.MoveNextAsync().AsTask()).ToArray();
        var open = Enumerable.Range(0, readers.Length).ToHashSet();
        try
        {
            while (open.Count > 0)
            {
                await WaitAsync([.. open.Select(index => moves[index])], patience, time, stop.Token).ConfigureAwait(false);
                int oldest = -1;
                foreach (int index in open.Where(index => moves[index].IsCompleted).ToArray())
                {
                    if (!await moves[index].ConfigureAwait(false))
                    {
                        open.Remove(index);
                    }
                    else if (oldest < 0 || at(readers[index].Current) < at(readers[oldest].Current))
                    {
                        oldest = index;
                    }
                }

                if (oldest >= 0)
                {
                    yield return (oldest, readers[oldest].Current);
                    moves[oldest] = readers[oldest].MoveNextAsync().AsTask();
                }
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            for (int index = 0; index < readers.Length; index++)
            {
                // A reader may only be disposed when its last move is over; what that move says no longer matters.
                await ((Task)moves[index]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await readers[index].DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Until one has something, then until all have or the patience is over.</summary>
    private static async Task WaitAsync(Task<bool>[] moves, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        await Task.WhenAny(moves).WaitAsync(cancellationToken).ConfigureAwait(false);
        var all = Task.WhenAll(moves);
        if (!all.IsCompleted)
        {
            await Task.WhenAny(all, Task.Delay(patience, time, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
