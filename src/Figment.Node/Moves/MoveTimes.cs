using Figment.Api.Contract;

namespace Figment.Node.Moves;

/// <summary>What a move took, phase by phase and round by round. Any thread.</summary>
internal sealed class MoveTimes(TimeProvider time)
{
    private const string Copying = "copying";
    private const string Standing = "standing";
    private const string Done = "done";
    private const string Aborted = "aborted";

    private readonly Lock _lock = new();
    private readonly List<(string Phase, long At)> _begun = [("preparing", time.GetTimestamp())];
    private readonly List<MoveRound> _rounds = [];
    private long _bytes;
    private long _roundAt;
    private long _roundBytes;
    private long _runningBytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Sent since it stands still.</summary>
    public long StandingBytes => Bytes - Interlocked.Read(ref _runningBytes);

    public void Count(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Begin(string phase)
    {
        lock (_lock)
        {
            Add(phase);
        }
    }

    /// <summary>From now on the machine does, unless that has been decided otherwise meanwhile.</summary>
    public void StandStill()
    {
        lock (_lock)
        {
            if (_begun[^1].Phase == Copying)
            {
                Add(Standing);
                _runningBytes = Bytes;
            }
        }
    }

    /// <summary>All of a round has been sent.</summary>
    /// <param name="isMemory">Else files.</param>
    /// <param name="bytes">That it had.</param>
    public void EndRound(bool isMemory, long bytes)
    {
        lock (_lock)
        {
            string of = isMemory ? "memory" : "files";
            if (_rounds.FindLastIndex(round => round.Of == of) is var before and >= 0)
            {
                _rounds[before] = _rounds[before] with { WrittenBytes = bytes };
            }

            long now = time.GetTimestamp();
            long sent = Bytes;
            _rounds.Add(new MoveRound { Number = _rounds.Count + 1, Of = of, Bytes = bytes, SentBytes = sent - _roundBytes, Ms = time.GetElapsedTime(_roundAt, now).TotalMilliseconds });
            (_roundAt, _roundBytes) = (now, sent);
        }
    }

    public IReadOnlyList<MoveRound> Rounds()
    {
        lock (_lock)
        {
            return [.. _rounds];
        }
    }

    /// <summary>Each phase with the milliseconds that it took; the last goes on.</summary>
    public IReadOnlyList<(string Phase, double Ms)> Read()
    {
        lock (_lock)
        {
            return [.. _begun.Select((one, index) => (one.Phase, time.GetElapsedTime(one.At, index + 1 < _begun.Count ? _begun[index + 1].At : time.GetTimestamp()).TotalMilliseconds))];
        }
    }

    /// <summary>For how long the machine has stood still, as far as this node has heard; null: it has not.</summary>
    public double? DowntimeMs() =>
        Read() is var phases && phases.Any(one => one.Phase == Standing) ? phases.SkipWhile(one => one.Phase != Standing).TakeWhile(one => one.Phase is not (Done or Aborted)).Sum(one => one.Ms) : null;

    private void Add(string phase)
    {
        long now = time.GetTimestamp();
        _begun.Add((phase, now));
        if (phase == Copying)
        {
            _roundAt = now;
        }
    }
}
