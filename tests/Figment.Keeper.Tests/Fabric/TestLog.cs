using System.Collections.Concurrent;
using Figment.Keeper.Fabric;

namespace Figment.Keeper.Tests.Fabric;

internal sealed class TestLog : IFabricLog
{
    internal ConcurrentQueue<string> Lines { get; } = new();

    public void Information(string message) => Lines.Enqueue(message);

    public void Warning(string message) => Lines.Enqueue(message);
}
