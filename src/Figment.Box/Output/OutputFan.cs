namespace Figment.Box.Output;

/// <summary>Those who follow a program's output. Any thread adds and removes; the output thread sends.</summary>
internal sealed class OutputFan
{
    private readonly Lock _lock = new();
    private readonly List<IOutputFollower> _followers = [];
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;

    /// <summary>False: the output has ended already.</summary>
    public bool TryAdd(IOutputFollower follower)
    {
        lock (_lock)
        {
            if (!_ended)
            {
                _followers.Add(follower);
                _joined.TrySetResult();
            }

            return !_ended;
        }
    }

    /// <summary>Returns when somebody has followed, or after that time.</summary>
    public void WaitForFirst(TimeSpan patience) => _joined.Task.Wait(patience);

    public void Remove(IOutputFollower follower)
    {
        lock (_lock)
        {
            _followers.Remove(follower);
        }
    }

    public void Send(StreamKind kind, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            foreach (var follower in _followers)
            {
                follower.Output(kind, bytes);
            }
        }
    }

    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            foreach (var follower in _followers)
            {
                follower.Ended();
            }
        }
    }
}
