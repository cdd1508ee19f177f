using Figment.Linux.Errors;
using Figment.Migration.Handover;
using Figment.Migration.Transfer;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Moves;

/// <summary>A machine that comes to this node.</summary>
internal sealed class TargetMove : MoveLoop<TargetInput>
{
    /// <summary>After that nobody asks again how it went.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A keeper that was killed is there again by then.</summary>
    private static readonly TimeSpan TidyAgain = TimeSpan.FromSeconds(2);

    private readonly MoveFolder _folder;
    private readonly ITargetEnd _end;
    private readonly MoveOffer? _offer;
    private readonly Lock _answering = new();
    private TaskCompletionSource<IReadOnlyList<HandoverMessage>>? _answer;
    private volatile string? _digest;
    private volatile Task? _taking;
    private volatile Task? _preparing;
    private bool _fetches;
    private TargetState _state;

    /// <param name="folder">On storage.</param>
    /// <param name="offer">Null: an earlier daemon of this node was asked.</param>
    /// <param name="end">Does what is decided.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">For what nobody is told.</param>
    public TargetMove(MoveFolder folder, MoveOffer? offer, ITargetEnd end, TimeProvider time, ILogger log)
        : base(time, log)
    {
        (_folder, _offer, _end) = (folder, offer, end);
        _state = TargetHandover.Unknown(folder.Record.Epoch);
        if (folder.IsDone)
        {
            _state = _state with { Phase = TargetPhase.Running };
        }
        else if (offer is null)
        {
            _state = _state with { Phase = TargetPhase.Preparing };
        }
    }

    public MoveFolder Folder => _folder;

    public TargetPhase Phase => _state.Phase;

    protected override long? DueMs => _state.DueMs;

    /// <summary>One that is done is kept to answer.</summary>
    protected override bool IsOver => _state is { Phase: TargetPhase.Gone, Reason: not null };

    protected override TargetInput Due { get; } = new TargetInput.Due();

    /// <summary>The source says something; what can be answered at once is.</summary>
    public async Task<IReadOnlyList<HandoverMessage>> HearAsync(HandoverMessage message)
    {
        TaskCompletionSource<IReadOnlyList<HandoverMessage>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Asked(message, answer));
        return await answer.Task.WaitAsync(Patience, Time, Stopping).ConfigureAwait(false);
    }

    /// <summary>Takes the machine itself.</summary>
    /// <returns>The digest of all that came.</returns>
    public async Task<string> TakeAsync(Stream body)
    {
        if (_state.Phase != TargetPhase.Ready || _digest is not null || Directory.Exists(_folder.Snapshot))
        {
            throw new Errors.NodeException(Api.Contract.ErrorCode.Conflict, $"{_folder.Record.Machine} is not awaited here now");
        }

        Directory.CreateDirectory(_folder.Snapshot);
        var taking = Task.Run(() =>
        {
            using var folder = new TransferFolder(_folder.Snapshot, _folder.Pages);
            string read = new TransferReader(body, folder).Run();
            folder.CompleteLazily();
            if (folder.Owed > 0)
            {
                _folder.SetLacks();
            }

            return read;
        });
        _taking = taking;
        try
        {
            string digest = await taking.ConfigureAwait(false);
            _digest = digest;
            return digest;
        }
        catch (Exception exception)
        {
            Post(new TargetInput.Failed(exception.Message));
            throw;
        }
    }

    protected override async Task DecideAsync(TargetInput input)
    {
        if (input is Asked asked)
        {
            lock (_answering)
            {
                _answer = asked.Answer;
            }

            input = new TargetInput.Said(asked.Message);
        }

        var before = _state.Phase;
        var (state, actions) = TargetHandover.Decide(_state, input, NowMs);
        _state = state;
        if (before != state.Phase)
        {
            Log.LogInformation("{Application}/{Machine} from node {Peer}: {Phase}{Reason}", _folder.Record.Application, _folder.Record.Machine, _folder.Record.Peer, state.Phase, state.Reason is { } reason ? ", " + reason : "");
        }

        var said = new List<HandoverMessage>();
        try
        {
            foreach (var action in actions)
            {
                Do(action, said);
            }
        }
        catch (Exception exception) when (exception is IOException or LinuxException)
        {
            // A promise that is not on storage is none: it is as if this had not been decided.
            Log.LogError("{Machine}: {Message}", _folder.Record.Machine, exception.Message);
            _state = _state with { Phase = before };
            said.Clear();
            Post(new TargetInput.Failed(exception.Message));
        }

        Say(said);
        if (_state.Phase != before && _state.Phase is TargetPhase.Filling or TargetPhase.Running)
        {
            await SettleAsync().ConfigureAwait(false);
        }
    }

    private void Do(TargetAction action, List<HandoverMessage> said)
    {
        switch (action)
        {
            case TargetAction.Tell tell:
                said.Add(tell.Message);
                break;
            case TargetAction.Prepare:
                var preparing = _end.PrepareAsync(_folder, _offer!);
                _preparing = preparing;
                Begin(async () =>
                {
                    await preparing.ConfigureAwait(false);
                    _folder.MakePromise();
                    Post(new TargetInput.Prepared());
                }, reason => new TargetInput.Failed(reason));
                break;
            case TargetAction.Restore restore:
                Fetch();
                Begin(() => RestoreAsync(restore.Digest), reason => new TargetInput.Failed(reason));
                break;
            case TargetAction.Write write:
                _folder.Write(write.Record);
                break;
            case TargetAction.Release or TargetAction.Start:
                Fetch();
                Begin(async () =>
                {
                    await _end.AdmitAsync(_folder).ConfigureAwait(false);
                    Post(new TargetInput.BoxRuns(_folder.Lacks));
                }, reason => new TargetInput.BoxGone(reason));
                break;
            case TargetAction.EndBox:
                Begin(() => _end.DismissAsync(_folder, keep: true), reason => new TargetInput.BoxGone(reason));
                break;
            case TargetAction.Discard:
                Begin(DiscardAsync, _ => null);
                break;
        }
    }

    /// <summary>Memory that it lacks comes from the moment at which its box asks for it, before it goes on.</summary>
    private void Fetch()
    {
        if (_folder.Lacks && !_fetches)
        {
            _fetches = true;
            Begin(async () =>
            {
                await new MemoryFetch(_folder, _end, () => _state.Phase, Time, Log).RunAsync(Stopping).ConfigureAwait(false);
                Post(new TargetInput.Filled());
            }, _ => null);
        }
    }

    /// <summary>Nobody else takes it away before the next daemon.</summary>
    private async Task DiscardAsync()
    {
        // What it began is over first, or there would be something again afterwards.
        await (_preparing ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (true)
        {
            try
            {
                await _end.DismissAsync(_folder, keep: false).ConfigureAwait(false);
                await (_taking ?? Task.CompletedTask).WaitAsync(Patience, Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                _folder.Remove();
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Log.LogError("what is left here of {Application}/{Machine}: {Message}", _folder.Record.Application, _folder.Record.Machine, exception.Message);
                await Task.Delay(TidyAgain, Time, Stopping).ConfigureAwait(false);
            }
        }
    }

    private async Task RestoreAsync(string? digest)
    {
        if (_digest is null || _digest != digest)
        {
            throw new InvalidDataException($"what came of {_folder.Record.Machine} is not what was sent");
        }

        await _end.ArriveAsync(_folder).ConfigureAwait(false);
        Post(new TargetInput.BoxHolds());
    }

    /// <summary>Done is what the node knows to have: a daemon that finds it undone admits the machine again, which changes nothing about one that has run.</summary>
    private async Task SettleAsync()
    {
        try
        {
            await _end.SettleAsync(_folder).ConfigureAwait(false);
            if (_state.Phase == TargetPhase.Running)
            {
                _folder.SetDone();
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.LogError("{Application}/{Machine} runs here, but: {Message}", _folder.Record.Application, _folder.Record.Machine, exception.Message);
            Begin(async () =>
            {
                await Task.Delay(TidyAgain, Time, Stopping).ConfigureAwait(false);
                await SettleAsync().ConfigureAwait(false);
            }, _ => null);
        }
    }

    /// <summary>As an answer to who has just asked, else as words of its own.</summary>
    private void Say(List<HandoverMessage> said)
    {
        TaskCompletionSource<IReadOnlyList<HandoverMessage>>? answer;
        lock (_answering)
        {
            (answer, _answer) = (_answer, null);
        }

        if (answer?.TrySetResult(said) == true)
        {
            return;
        }

        foreach (var message in said)
        {
            Begin(async () =>
            {
                foreach (var word in await _end.TellAsync(_folder, message, Stopping).ConfigureAwait(false))
                {
                    Post(new TargetInput.Said(word));
                }
            }, _ => null);
        }
    }

    /// <summary>With somebody who waits for the answer.</summary>
    private sealed record Asked(HandoverMessage Message, TaskCompletionSource<IReadOnlyList<HandoverMessage>> Answer) : TargetInput;
}
