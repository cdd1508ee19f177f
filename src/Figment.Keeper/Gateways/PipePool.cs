using Figment.Linux.Splicing;

namespace Figment.Keeper.Gateways;

/// <summary>Pipes for relays: a direction has one only while it moves data, so that idle connections cost two descriptors. The loop's thread.</summary>
internal sealed class PipePool : IDisposable
{
    /// <summary>As many directions as can be busy in one round of the loop, roughly.</summary>
    private const int IdleMax = 64;

    private readonly Stack<SplicePipe> _idle = [];

    internal SplicePipe Take() => _idle.TryPop(out var pipe) ? pipe : new SplicePipe();

    internal void Return(SplicePipe pipe)
    {
        if (pipe.Held == 0 && _idle.Count < IdleMax)
        {
            _idle.Push(pipe);
        }
        else
        {
            pipe.Dispose();
        }
    }

    public void Dispose()
    {
        while (_idle.TryPop(out var pipe))
        {
            pipe.Dispose();
        }
    }
}
