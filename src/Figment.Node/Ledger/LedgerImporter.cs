using System.Collections.Concurrent;
using System.Net.Sockets;
using Figment.Node.Journal;
using Figment.Node.Keepers;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Ledger;

/// <summary>
/// Takes the events of every application's ledger into the journal, each once. The keeper's <c>watch</c> is only the bell: what counts is read from the file, from where the journal stopped,
/// so that nothing is lost while this process or the keeper is away.
/// </summary>
public sealed class LedgerImporter : IDisposable
{
    /// <summary>Between two tries to reach a keeper that does not answer; the file is looked at as often.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan BellPause = TimeSpan.FromMilliseconds(50);

    private readonly NodeOptions _options;
    private readonly NodeJournal _journal;
    private readonly EventFeed _feed;
    private readonly TimeProvider _time;
    private readonly ILogger<LedgerImporter> _log;
    private readonly ConcurrentDictionary<string, Follower> _followers = new();

    public LedgerImporter(NodeOptions options, NodeJournal journal, EventFeed feed, TimeProvider time, ILogger<LedgerImporter> log)
    {
        _options = options;
        _journal = journal;
        _feed = feed;
        _time = time;
        _log = log;
    }

    /// <summary>Raised on a pool thread with events that are new.</summary>
    public event Action<string, IReadOnlyList<JournalEvent>>? Imported;

    /// <summary>Follows the ledger of an application from now on; a second call changes nothing.</summary>
    public void Follow(string application, long incarnation)
    {
        var follower = new Follower(incarnation);
        if (_followers.TryAdd(application, follower))
        {
            _ = FollowAsync(application, follower);
        }
        else
        {
            follower.Dispose();
        }
    }

    /// <summary>Takes in what is left and stops following.</summary>
    public void Stop(string application)
    {
        if (_followers.TryRemove(application, out var follower))
        {
            Import(application, follower);
            follower.Stop();
            _journal.TrimEvents(application);
        }
    }

    /// <summary>Takes in what the ledger has now.</summary>
    public void Import(string application)
    {
        if (_followers.TryGetValue(application, out var follower))
        {
            Import(application, follower);
        }
    }

    public void Dispose()
    {
        foreach (var follower in _followers.Values)
        {
            follower.Stop();
        }
    }

    private async Task FollowAsync(string application, Follower follower)
    {
        var client = new KeeperClient(application, Path.Combine(_options.Places.ApplicationRuntime(application), "keeper.sock"));
        while (!follower.Stopping.IsCancellationRequested)
        {
            try
            {
                Import(application, follower);
                await foreach (var _ in client.WatchAsync(follower.Stopping).ConfigureAwait(false))
                {
                    ImportSoon(application, follower);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is SocketException or IOException or Errors.NodeException)
            {
                _log.LogDebug("watching the keeper of {Application}: {Message}", application, exception.Message);
            }
            catch (Exception exception)
            {
                _log.LogError(exception, "importing the ledger of {Application}", application);
            }

            try
            {
                await Task.Delay(Retry, _time, follower.Stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void ImportSoon(string application, Follower follower)
    {
        if (follower.TryRing())
        {
            _ = ImportSoonAsync(application, follower);
        }
    }

    /// <summary>Waits a little: machines that start need the processors more than the journal does, and events that come together are one transaction.</summary>
    private async Task ImportSoonAsync(string application, Follower follower)
    {
        try
        {
            await Task.Delay(BellPause, _time, follower.Stopping).ConfigureAwait(false);
            follower.Hear();
            Import(application, follower);
        }
        catch (OperationCanceledException)
        {
            // What is left is taken in by who stops following.
        }
        catch (Exception exception)
        {
            _log.LogError(exception, "importing the ledger of {Application}", application);
        }
    }

    private void Import(string application, Follower follower)
    {
        string path = Path.Combine(_options.Places.ApplicationRuntime(application), "ledger.jsonl");
        lock (follower.Importing)
        {
            var faults = new List<string>();
            long from;
            long to = _journal.LedgerOffset(application, follower.Incarnation);
            do
            {
                from = to;
                (var events, to) = LedgerReader.Read(path, from, faults);
                if (to == from)
                {
                    break;
                }

                var added = _journal.ImportEvents(application, follower.Incarnation, events, to);
                if (added.Count > 0)
                {
                    _feed.Publish(added);
                    Imported?.Invoke(application, added);
                }
            }
            while (to != from);

            foreach (string fault in faults)
            {
                _log.LogWarning("{Fault}", fault);
            }
        }
    }

    private sealed class Follower(long incarnation) : IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private int _rung;

        public long Incarnation { get; } = incarnation;

        public Lock Importing { get; } = new();

        /// <summary>False if the bell has been rung already and was not yet heard.</summary>
        public bool TryRing() => Interlocked.Exchange(ref _rung, 1) == 0;

        public void Hear() => Volatile.Write(ref _rung, 0);

        public CancellationToken Stopping => _stopping.Token;

        public void Stop() => _stopping.Cancel();

        public void Dispose() => _stopping.Dispose();
    }
}
