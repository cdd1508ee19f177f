using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>The sides of one run, ended in reverse order whatever happens.</summary>
internal sealed class SideSet : IAsyncDisposable
{
    private readonly List<ISide> _sides = [];
    private DockerDaemon? _docker;
    private FigmentNode? _node;

    public IReadOnlyList<ISide> Sides => _sides;

    /// <param name="names">Of native, docker, figment. The first is what the others are compared with.</param>
    /// <param name="waking">Docker twice, by <c>docker run</c> and by <c>docker start</c>; Figment twice, while nothing of the application runs and while its client does.</param>
    /// <param name="cancellation">Ends the wait for a daemon.</param>
    public async Task OpenAsync(IReadOnlyList<string> names, bool waking, CancellationToken cancellation)
    {
        foreach (string name in names)
        {
            switch (name)
            {
                case "native":
                    _sides.Add(new NativeSide());
                    break;
                case "figment":
                    _node = await FigmentNode.StartAsync(cancellation);
                    _sides.Add(new FigmentSide(_node, "figment", isInUse: false, 0));
                    if (waking)
                    {
                        _sides.Add(new FigmentSide(_node, "figment in use", isInUse: true, 1));
                    }

                    break;
                case "docker" when DockerDaemon.IsInstalled():
                    _docker = await DockerDaemon.StartAsync(cancellation);
                    _sides.Add(new DockerSide(_docker, waking ? "docker start" : "docker", byRun: false, 0));
                    if (waking)
                    {
                        _sides.Add(new DockerSide(_docker, "docker run", byRun: true, 1));
                    }

                    break;
                case "docker":
                    throw new InvalidOperationException("dockerd is not installed: run eng/apt-install.sh docker.io, or leave docker out of --sides");
                default:
                    throw new ArgumentException($"there is no side \"{name}\"; sides are native, docker, figment", nameof(names));
            }
        }
    }

    /// <summary>Figment twice: without looking whether machines are idle, and as by default.</summary>
    public async Task OpenObservedAsync(CancellationToken cancellation)
    {
        _node = await FigmentNode.StartAsync(cancellation);
        _sides.Add(new FigmentSide(_node, "not observed", isInUse: false, 0, freezeAfter: "never"));
        _sides.Add(new FigmentSide(_node, "observed", isInUse: false, 1));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ISide side in Enumerable.Reverse(_sides))
        {
            try
            {
                await side.DisposeAsync();
            }
            catch (Exception exception) when (exception is InvalidOperationException or TimeoutException or IOException)
            {
                // What went wrong in the measure is to be seen, and the other sides are to be taken down.
                Console.Error.WriteLine($"{side.Name} was not taken down: {exception.Message}");
            }
        }

        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_docker is not null)
        {
            await _docker.DisposeAsync();
        }
    }
}
