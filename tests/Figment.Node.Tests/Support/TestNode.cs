using System.Runtime.CompilerServices;
using Figment.Api.Contract;
using Figment.Images;
using Figment.Migration.Store;
using Figment.Model;
using Figment.Node.Images;
using Figment.Node.Journal;
using Figment.Node.Operations;
using Microsoft.Extensions.Logging.Abstractions;

namespace Figment.Node.Tests.Support;

/// <summary>A node in folders of its own, whose keepers are the peer in <c>keeper.py</c>: it does as told, also wrongly.</summary>
public sealed class TestNode : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder _folder = new();
    private NodeJournal _journal;

    public TestNode(TimeSpan? operationWait = null, TimeSpan? keeperStart = null, StoreOptions? snapshots = null)
    {
        Directory.CreateDirectory(_folder.At("bin"));
        string peer = Path.Combine(AppContext.BaseDirectory, "Support", "keeper.py");
        File.WriteAllText(_folder.At("bin/figment-keeper"), $"#!/bin/sh\nexec python3 {peer} \"$1\"\n");
        File.SetUnixFileMode(_folder.At("bin/figment-keeper"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Options = Specs.Options with
        {
            Places = new Places { RuntimeDirectory = _folder.At("run"), StateDirectory = _folder.At("state") },
            BinDirectory = _folder.At("bin"),
            OperationWait = operationWait ?? TimeSpan.FromSeconds(20),
            KeeperStart = keeperStart ?? TimeSpan.FromSeconds(20),
            Snapshots = snapshots ?? new StoreOptions(),
        };
        Directory.CreateDirectory(Options.Places.RuntimeDirectory);
        _journal = NodeJournal.Open(Options.Places.Journal, TimeProvider.System);
        Service = Make();
    }

    public NodeOptions Options { get; }

    public NodeService Service { get; private set; }

    public NodeJournal Journal => _journal;

    public string RuntimeOf(string application) => Options.Places.ApplicationRuntime(application);

    /// <summary>How keepers behave from now on, see <c>keeper.py</c>.</summary>
    public void Peer(string mode) => File.WriteAllText(Path.Combine(Options.Places.RuntimeDirectory, "peer-mode"), mode);

    /// <summary>Ends the node's part in this process and begins a new one on the same folders; keepers go on.</summary>
    public void Restart()
    {
        Service.Dispose();
        _journal.Dispose();
        _journal = NodeJournal.Open(Options.Places.Journal, TimeProvider.System);
        Service = Make();
        Service.Recover();
    }

    public Task<ProgressLine> UpAsync(Model.Specs.ApplicationSpec spec, long epoch = 1, bool wait = false) =>
        FinishAsync(Service.Up(Guid.NewGuid().ToString("N"), new UpRequest { Application = spec, Wait = wait }, epoch));

    public Task<ProgressLine> DownAsync(string application, bool volumes = false) => FinishAsync(Service.Down(Guid.NewGuid().ToString("N"), application, volumes, graceMs: null));

    public static async Task<ProgressLine> FinishAsync(Operation operation, [CallerArgumentExpression(nameof(operation))] string? what = null)
    {
        try
        {
            return await operation.Result.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{what} was not done after {Limit.TotalSeconds} s");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Peer("ok");
        foreach (var record in _journal.Applications())
        {
            await DownAsync(record.Name);
        }

        Service.Dispose();
        _journal.Dispose();
        _folder.Dispose();
    }

    private NodeService Make() => new(Options, _journal, new StoredImages(new ImageStore(Options.Places.Images, TimeProvider.System)), TimeProvider.System, NullLoggerFactory.Instance);
}
