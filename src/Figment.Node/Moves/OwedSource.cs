using Figment.Api.Contract;
using Figment.Migration.Lazy;
using Figment.Model.Control;
using Figment.Node.Errors;
using Figment.Node.Streams;

namespace Figment.Node.Moves;

/// <summary>Memory of a machine that has left, from its box here, one piece after the other. Any thread.</summary>
/// <param name="machine">For messages.</param>
/// <param name="socket">Its box's.</param>
internal sealed class OwedSource(string machine, string socket) : IDisposable
{
    private const byte Input = 0;
    private const byte Output = 1;

    /// <summary>What a box says that has nothing to give; another code is a fault.</summary>
    private const int OwesNothingCode = 1;

    private readonly SemaphoreSlim _turn = new(1);
    private BoxConnection? _box;

    /// <summary>The pages, as <see cref="OwedText"/> has them; null: they are nowhere any more.</summary>
    /// <exception cref="NodeException">The box does not answer.</exception>
    public async Task<byte[]?> GiveAsync(OwedPiece piece, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await AskAsync(piece, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // A box that has ended refuses the next connection.
            await CloseAsync().ConfigureAwait(false);
            return await AskAsync(piece, cancellation).ConfigureAwait(false);
        }
        catch
        {
            // Its answer would be taken for that to another question.
            await CloseAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The other node has all; returns when the box has nothing to give any more.</summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (await OpenAsync(cancellation).ConfigureAwait(false) is { } box)
            {
                await box.WriteFrameAsync(Input, cancellation).ConfigureAwait(false);
                while (await box.ReadHeadAsync(cancellation).ConfigureAwait(false) is not null)
                {
                    // Its last word, if there is one.
                }
            }
        }
        catch (IOException)
        {
            // It has ended.
        }
        finally
        {
            await CloseAsync().ConfigureAwait(false);
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<byte[]?> AskAsync(OwedPiece piece, CancellationToken cancellation)
    {
        if (await OpenAsync(cancellation).ConfigureAwait(false) is not { } box)
        {
            return null;
        }

        await box.WriteFrameAsync(Input, OwedText.Ask(piece), cancellation).ConfigureAwait(false);
        var head = await box.ReadHeadAsync(cancellation).ConfigureAwait(false) ?? throw new EndOfStreamException("its box has ended");
        byte[] answer = new byte[head.Length is > 0 and <= OwedText.AnswerBytesMax ? head.Length : throw new EndOfStreamException("its box says what is no answer")];
        await box.ReadAllAsync(answer, cancellation).ConfigureAwait(false);
        if (head.Kind == Output)
        {
            return answer;
        }

        await CloseAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>Null: its box is gone, or has nothing to give.</summary>
    private async Task<BoxConnection?> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return _box ??= await BoxConnection.OpenAsync(machine, socket, new StreamRequest.Owed(), cancellation).ConfigureAwait(false);
        }
        catch (NodeException exception) when (exception.Code == ErrorCode.Conflict || exception.ExitCode == OwesNothingCode)
        {
            return null;
        }
    }

    private async Task CloseAsync()
    {
        if (_box is { } box)
        {
            _box = null;
            await box.DisposeAsync().ConfigureAwait(false);
        }
    }
}
