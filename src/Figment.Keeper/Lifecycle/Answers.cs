using Figment.Model.Control;

namespace Figment.Keeper.Lifecycle;

/// <summary>Requests that wait for their answer, by number. The loop's thread.</summary>
internal sealed class Answers
{
    private readonly Dictionary<long, (TaskCompletionSource<KeeperReply> Reply, string? Machine)> _pending = [];
    private long _next = 1;

    public long Add(TaskCompletionSource<KeeperReply> reply, string? machine)
    {
        _pending.Add(_next, (reply, machine));
        return _next++;
    }

    public (TaskCompletionSource<KeeperReply> Reply, string? Machine) Take(long request) =>
        _pending.Remove(request, out var pending) ? pending : throw new InvalidOperationException($"request {request} is answered twice");
}
