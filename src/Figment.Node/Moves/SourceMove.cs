using System.Buffers.Binary;
using Figment.Migration.Handover;
using Figment.Migration.Lazy;
using Figment.Node.Streams;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Moves;

/// <summary>A machine that leaves this node, from the wish to where it is in the end.</summary>
internal sealed class SourceMove : MoveLoop<SourceInput>
{
    private const byte Input = 0;
    private const byte Output = 1;
    private const byte Error = 2;
    private const byte Exit = 4;
    private const byte Round = 6;
    private const int RoundBytes = 1 + sizeof(long);
    private const int ChunkBytes = 256 * 1024;

    /// <summary>Faster than people read.</summary>
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan RuleAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>CRIU ends the processes, which takes longer for some GB of memory.</summary>
    private static readonly TimeSpan BoxPatience = TimeSpan.FromSeconds(10);

    private readonly MoveFolder _folder;
    private readonly ISourceEnd _end;
    private readonly Action<SourceMove> _report;
    private readonly TaskCompletionSource<string?> _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MoveTimes _times;
    private readonly SemaphoreSlim _leading = new(1);
    private volatile bool _stays;
    private volatile Task _led = Task.CompletedTask;
    private volatile BoxConnection? _box;
    private readonly OwedSource _owed;
    private SourceState _state;
    private long _askedAt;

    public SourceMove(MoveFolder folder, ISourceEnd end, Action<SourceMove> report, TimeProvider time, ILogger log)
        : base(time, log)
    {
        (_folder, _end, _report) = (folder, end, report);
        _times = new MoveTimes(time);
        _owed = end.OpenOwed(folder);
        _state = new SourceState { Phase = SourcePhase.Preparing, Epoch = folder.Record.Epoch };
    }

    /// <summary>Null: the machine runs at the other node. Else why it stays.</summary>
    public Task<string?> Decided => _decided.Task;

    public SourcePhase Phase => _state.Phase;

    /// <summary>Why it stays.</summary>
    public string? Reason => _state.Reason;

    public MoveTimes Times => _times;

    public MoveFolder Folder => _folder;

    /// <summary>How long nothing has been asked for of memory that is owed.</summary>
    public TimeSpan QuietFor => Time.GetElapsedTime(Volatile.Read(ref _askedAt));

    protected override long? DueMs => _state.DueMs;

    protected override bool IsOver => _state.Phase == SourcePhase.Done || (_state is { Phase: SourcePhase.Aborted, AgainAtMs: null });

    protected override SourceInput Due { get; } = new SourceInput.Due();

    /// <summary>Memory that is owed, as <see cref="OwedText"/> has it; null: it is nowhere any more.</summary>
    public async Task<byte[]?> GiveAsync(OwedPiece piece, CancellationToken cancellation)
    {
        Volatile.Write(ref _askedAt, Time.GetTimestamp());
        byte[]? answer = await _owed.GiveAsync(piece, cancellation).ConfigureAwait(false);
        _times.Count(answer?.Length ?? 0);
        return answer;
    }

    protected override async Task DecideAsync(SourceInput input)
    {
        var before = _state.Phase;
        var (state, actions) = SourceHandover.Decide(_state, input, NowMs);
        _state = state;
        if (before != state.Phase)
        {
            _times.Begin(state.Phase.ToString().ToLowerInvariant());
            _report(this);
            Log.LogInformation("{Application}/{Machine} to node {Peer}: {Phase}{Reason}", _folder.Record.Application, _folder.Record.Machine, _folder.Record.Peer, state.Phase, state.Reason is { } reason ? ", " + reason : "");
        }

        foreach (var action in actions)
        {
            await DoAsync(action).ConfigureAwait(false);
        }

        switch (state.Phase)
        {
            case SourcePhase.Filling when before != SourcePhase.Filling:
                Volatile.Write(ref _askedAt, Time.GetTimestamp());
                break;
            case SourcePhase.Done when before != SourcePhase.Done:
                await FinishAsync(EndBoxAsync).ConfigureAwait(false);
                await FinishAsync(() => _end.LeaveAsync(_folder)).ConfigureAwait(false);
                _decided.TrySetResult(null);
                break;
            case SourcePhase.Aborted when before != SourcePhase.Aborted:
                _stays = true;
                await FinishAsync(() => LeadAsync(() => _end.LeadAsync(_folder, away: false))).ConfigureAwait(false);
                _decided.TrySetResult(state.Reason ?? "it was called off");
                break;
        }
    }

    /// <summary>The other node has all: what it was owed here is owed no more.</summary>
    private async Task EndBoxAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        limit.CancelAfter(BoxPatience);
        try
        {
            await _owed.FinishAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!Stopping.IsCancellationRequested)
        {
            Log.LogError("the box of {Application}/{Machine} has not ended within {Seconds} s", _folder.Record.Application, _folder.Record.Machine, BoxPatience.TotalSeconds);
        }
    }

    private async Task FinishAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Where the machine is is decided; what is left of it here goes with the application.
            Log.LogError("{Application}/{Machine}: {Message}", _folder.Record.Application, _folder.Record.Machine, exception.Message);
        }
    }

    private async Task DoAsync(SourceAction action)
    {
        switch (action)
        {
            case SourceAction.Tell tell:
                // A node that refuses to be offered the machine does not take it; any other word is said again.
                Begin(async () => Hear(await _end.TellAsync(_folder, tell.Message, Stopping).ConfigureAwait(false)), reason => tell.Message.Word == HandoverWord.Prepare ? new SourceInput.Failed(reason) : null);
                break;
            case SourceAction.Copy:
                Begin(FollowAsync, reason => new SourceInput.Failed(reason));
                break;
            case SourceAction.Rule rule:
                Begin(() => RuleAsync(rule.Verdict), reason => new SourceInput.Failed(reason));
                break;
            case SourceAction.Release:
                await NudgeAsync().ConfigureAwait(false);
                break;
            case SourceAction.Resume:
                await NudgeAsync().ConfigureAwait(false);
                await LetGoAsync().ConfigureAwait(false);
                break;
            default:
                // Dump: its box does so by itself, once what is left to copy is little enough.
                break;
        }
    }

    private void Hear(IReadOnlyList<HandoverMessage> words)
    {
        foreach (var word in words)
        {
            Post(new SourceInput.Said(word));
        }
    }

    /// <summary>The machine goes only if packets for it go, whatever dies here afterwards.</summary>
    private async Task RuleAsync(Verdict verdict)
    {
        if (verdict == Verdict.Commit)
        {
            await _led.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_led.IsCompletedSuccessfully)
            {
                Log.LogError("{Machine} stays: {Message}", _folder.Record.Machine, _led.Exception?.GetBaseException().Message);
                verdict = Verdict.Abort;
            }
        }

        while (true)
        {
            try
            {
                Post(new SourceInput.Ruled(_folder.Verdict.Rule(verdict)));
                return;
            }
            catch (Exception exception) when (exception is IOException or Figment.Linux.Errors.LinuxException)
            {
                // No room, perhaps. Until there is a verdict nothing else can be done; the box rules by itself in the end.
                Log.LogError("the verdict on {Machine} cannot be written: {Message}", _folder.Record.Machine, exception.Message);
                await Task.Delay(RuleAgain, Time, Stopping).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Carries the machine from its box to the other node, and hears what becomes of it here.</summary>
    private async Task FollowAsync()
    {
        await using var box = await _end.DepartAsync(_folder, Stopping).ConfigureAwait(false);
        _box = box;
        string? why = null;
        try
        {
            string digest = await _end.SendAsync(_folder, CarryOrSayAsync, Stopping).ConfigureAwait(false);
            Post(new SourceInput.Dumped(digest));
            await HearEndAsync(box).ConfigureAwait(false);
        }
        catch (Exception exception) when (why is not null && exception is not OperationCanceledException)
        {
            // The other node has only seen that it ends too early.
            throw new IOException(why, exception);
        }
        finally
        {
            _box = null;
        }

        async Task CarryOrSayAsync(Stream stream, CancellationToken cancellation)
        {
            try
            {
                await CarryAsync(box, stream, cancellation).ConfigureAwait(false);

                // While the other node restores it.
                _led = LeadAwayAsync(() => _end.LeadAsync(_folder, away: true));
            }
            catch (IOException exception) when (exception is BoxSaidException or EndOfStreamException)
            {
                why = exception.Message;
                throw;
            }
        }
    }

    private async Task CarryAsync(BoxConnection box, Stream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[ChunkBytes];
        bool onlyNew = true;
        long told = Time.GetTimestamp();
        while (await box.ReadHeadAsync(cancellation).ConfigureAwait(false) is { } head)
        {
            if (head is { Kind: Input, Length: 0 })
            {
                await LeadAwayAsync(() => _end.DivertAsync(_folder, onlyNew, cancellation)).ConfigureAwait(false);
                if (!onlyNew)
                {
                    _times.StandStill();
                    _report(this);
                }

                onlyNew = false;
                await box.WriteFrameAsync(Input, cancellation).ConfigureAwait(false);
                continue;
            }

            if (head is { Kind: Round, Length: RoundBytes })
            {
                await box.ReadAllAsync(buffer.AsMemory(0, RoundBytes), cancellation).ConfigureAwait(false);
                _times.EndRound(isMemory: buffer[0] != 0, BinaryPrimitives.ReadInt64BigEndian(buffer.AsSpan(1)));
                _report(this);
                continue;
            }

            if (head.Kind != Output)
            {
                throw new BoxSaidException(await ReasonAsync(box, head, cancellation).ConfigureAwait(false));
            }

            if (head.Length == 0)
            {
                await stream.FlushAsync(cancellation).ConfigureAwait(false);
                Post(new SourceInput.Copied());
                return;
            }

            _times.Count(head.Length);
            for (int left = head.Length; left > 0;)
            {
                int count = await box.ReadAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)), cancellation).ConfigureAwait(false);
                if (count == 0)
                {
                    throw new EndOfStreamException("its box has ended, and the machine with it");
                }

                await stream.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
                left -= count;
            }

            if (Time.GetElapsedTime(told) > TellEvery)
            {
                told = Time.GetTimestamp();
                _report(this);
            }
        }

        throw new EndOfStreamException("its box has ended, and the machine with it");
    }

    /// <summary>One after the other; once the machine stays nothing leads away from it.</summary>
    private Task LeadAwayAsync(Func<Task> lead) => LeadAsync(() => _stays ? Task.CompletedTask : lead());

    private async Task LeadAsync(Func<Task> lead)
    {
        await _leading.WaitAsync(Stopping).ConfigureAwait(false);
        try
        {
            await lead().ConfigureAwait(false);
        }
        finally
        {
            _leading.Release();
        }
    }

    private async Task HearEndAsync(BoxConnection box)
    {
        string reason = "its box has ended, and the machine with it";
        while (await box.ReadHeadAsync(Stopping).ConfigureAwait(false) is { } head)
        {
            if (head.Kind == Exit)
            {
                byte[] code = new byte[1];
                await box.ReadAllAsync(code, Stopping).ConfigureAwait(false);
                if (code[0] == 0)
                {
                    return;
                }

                break;
            }

            reason = await ReasonAsync(box, head, Stopping).ConfigureAwait(false);
        }

        Post(new SourceInput.Failed(reason));
    }

    private static async Task<string> ReasonAsync(BoxConnection box, (byte Kind, int Length) head, CancellationToken cancellation)
    {
        byte[] payload = new byte[Math.Clamp(head.Length, 0, ChunkBytes)];
        await box.ReadAllAsync(payload, cancellation).ConfigureAwait(false);
        return head.Kind == Error ? System.Text.Encoding.UTF8.GetString(payload) : "its program ended before it could leave";
    }

    /// <summary>Why the machine stays, in its box's words.</summary>
    private sealed class BoxSaidException(string reason) : IOException(reason);

    private async Task NudgeAsync()
    {
        if (_box is { } box)
        {
            try
            {
                await box.WriteFrameAsync(Input, Stopping).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // It looks by itself.
            }
        }
    }

    /// <summary>A box that still copies memory stops that.</summary>
    private async Task LetGoAsync()
    {
        if (_box is { } box)
        {
            await box.DisposeAsync().ConfigureAwait(false);
        }
    }
}
