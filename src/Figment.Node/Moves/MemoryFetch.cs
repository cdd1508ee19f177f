using System.Text;
using Figment.Api.Contract;
using Figment.Migration.Handover;
using Figment.Migration.Lazy;
using Figment.Node.Errors;
using Figment.Node.Streams;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Moves;

/// <summary>Fetches memory that a machine which has come here lacks, from the node that it came from, for as long as its box asks for any.</summary>
/// <param name="folder">The move.</param>
/// <param name="end">Reaches both.</param>
/// <param name="phase">How far the machine has come.</param>
/// <param name="time">The clock.</param>
/// <param name="log">For what nobody is told.</param>
internal sealed class MemoryFetch(MoveFolder folder, ITargetEnd end, Func<TargetPhase> phase, TimeProvider time, ILogger log)
{
    private const byte Input = 0;
    private const byte Output = 1;
    private const byte Error = 2;

    /// <summary>A box is there soon, and the other node's daemon is started again within seconds.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns when the machine has gone on and nothing is missing, or nobody is there any more who could miss it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (phase() is not (TargetPhase.Gone or TargetPhase.Running))
        {
            bool isFilling = phase() == TargetPhase.Filling;
            if (await FeedAsync(cancellation).ConfigureAwait(false) && isFilling)
            {
                return;
            }

            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>True: the box misses nothing, or is not there.</summary>
    private async Task<bool> FeedAsync(CancellationToken cancellation)
    {
        try
        {
            await using var box = await end.OpenFeedAsync(folder, cancellation).ConfigureAwait(false);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            try
            {
                return await ServeAsync(box, ends.Token).ConfigureAwait(false);
            }
            finally
            {
                await ends.CancelAsync().ConfigureAwait(false);
            }
        }
        catch (NodeException exception) when (exception.Code == ErrorCode.Conflict)
        {
            return true;
        }
        catch (Exception exception) when (exception is NodeException or IOException or InvalidDataException)
        {
            log.LogDebug(exception, "feed");
            return false;
        }
    }

    /// <summary>False: the box has gone.</summary>
    private async Task<bool> ServeAsync(BoxConnection box, CancellationToken cancellation)
    {
        // Not disposed: what is on its way may come later than the end.
        var writing = new SemaphoreSlim(1);
        while (await box.ReadHeadAsync(cancellation).ConfigureAwait(false) is { } head)
        {
            if (head.Kind != Output)
            {
                return true;
            }

            byte[] asked = new byte[head.Length is >= 0 and <= OwedText.AnswerBytesMax ? head.Length : throw new EndOfStreamException("the box says what is no question")];
            await box.ReadAllAsync(asked, cancellation).ConfigureAwait(false);
            _ = FetchAsync(box, writing, OwedText.ReadAsk(asked), cancellation);
        }

        return false;
    }

    private async Task FetchAsync(BoxConnection box, SemaphoreSlim writing, OwedPiece piece, CancellationToken cancellation)
    {
        try
        {
            byte[] answer = await AskAsync(piece, cancellation).ConfigureAwait(false);
            await writing.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                await box.WriteFrameAsync(answer.Length > 0 ? Input : Error, answer.Length > 0 ? answer : Encoding.UTF8.GetBytes($"the box at node {folder.Record.Peer} that had it has ended"), cancellation).ConfigureAwait(false);
            }
            finally
            {
                writing.Release();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It is asked for again.
        }
    }

    /// <summary>Until the other node answers: the box knows when it has waited for too long.</summary>
    private async Task<byte[]> AskAsync(OwedPiece piece, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await end.FetchAsync(folder, piece, cancellation).ConfigureAwait(false);
            }
            catch (NodeException exception)
            {
                log.LogDebug(exception, "fetch");
                await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
            }
        }
    }
}
