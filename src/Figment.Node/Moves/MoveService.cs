using System.Collections.Concurrent;
using Figment.Api.Contract;
using Figment.Migration.Handover;
using Figment.Migration.Snapshots;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.States;
using Figment.Node.Errors;
using Figment.Node.Members;
using Figment.Node.Names;
using Figment.Node.Operations;
using Figment.Node.Streams;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Moves;

/// <summary>Machines that leave this node and that come to it. Any thread.</summary>
public sealed partial class MoveService : ISourceEnd, ITargetEnd, IDisposable
{
    /// <summary>A word is answered from memory, or after a fork.</summary>
    private static readonly TimeSpan WordPatience = TimeSpan.FromSeconds(5);

    /// <summary>Applications come up, and their images.</summary>
    private static readonly TimeSpan PartPatience = TimeSpan.FromMilliseconds(HandoverLimits.PrepareMs);

    /// <summary>The largest machines over the slowest wires.</summary>
    private static readonly TimeSpan SendPatience = TimeSpan.FromHours(2);

    private static readonly TimeSpan KeeperPatience = TimeSpan.FromSeconds(30);

    /// <summary>A target's daemon is started again within seconds.</summary>
    private static readonly TimeSpan OutcomePatience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan OutcomeLook = TimeSpan.FromSeconds(1);

    /// <summary>A move that is done is forgotten after so long: who has not asked by then does not.</summary>
    private static readonly TimeSpan DoneFor = TimeSpan.FromDays(1);

    /// <summary>Moves that are over and are shown.</summary>
    private const int RememberedMax = 100;

    private readonly NodeService _node;
    private readonly Membership _members;
    private readonly TimeProvider _time;
    private readonly ILogger<MoveService> _log;
    private readonly Standstill _standstill;
    private readonly TaskCompletionSource _recovered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, SourceMove> _leaving = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TargetMove> _coming = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PeerClient> _peers = new(StringComparer.Ordinal);

    public MoveService(NodeService node, Membership members, TimeProvider time, ILogger<MoveService> log)
    {
        (_node, _members, _time, _log) = (node, members, time, log);
        _standstill = new Standstill(node.Journal);
        node.Parts = TellPartsAsync;
        node.DownParts = EndPartsAsync;
    }

    /// <summary>What an earlier process had begun is known.</summary>
    internal Task Recovered => _recovered.Task;

    private string Self => _node.Options.NodeName;

    /// <summary>Moves a machine to another node; the operation's last line says that it runs there, or why it stays.</summary>
    public Operation Begin(string application, string machine, MoveRequest request)
    {
        ObjectNames.CheckApplication(application);
        string id = Guid.NewGuid().ToString("N");
        return _node.Operations.Begin(id, application, "move", cancels: null, operation => MoveAsync(operation, application, machine, request));
    }

    /// <summary>Calls a move off, as long as that can be done.</summary>
    public void Cancel(string id)
    {
        var move = Find(id);
        if (move.Phase is SourcePhase.Ruling or SourcePhase.Committed or SourcePhase.Filling or SourcePhase.Done)
        {
            throw new NodeException(ErrorCode.Conflict, $"move {id} is past the point at which it can be called off", $"{move.Folder.Record.Machine} is node {move.Folder.Record.Peer}'s; move it back");
        }

        move.Post(new SourceInput.Cancelled());
    }

    public MoveView Get(string id) => View(Find(id));

    public IReadOnlyList<MoveView> List() => [.. _leaving.Values.Select(View).OrderBy(view => view.Begun)];

    /// <summary>After a start of this process: what an earlier one had begun is brought to an end.</summary>
    public void Recover()
    {
        foreach (var folder in MoveFolder.Find(_node.Options.Places))
        {
            if (folder.Record.IsSource)
            {
                var move = Track(new SourceMove(folder, this, _ => { }, _time, _log));
                _ = RecoverAsync(folder, () => move.Post(new SourceInput.Restarted(ReadVerdict(folder))));
            }
            else if ((folder.IsDone && _time.GetUtcNow() - folder.Record.Begun > DoneFor) || HasMovedOn(folder.Record))
            {
                folder.Remove();
            }
            else
            {
                var move = Track(new TargetMove(folder, null, this, _time, _log));
                if (!folder.IsDone)
                {
                    _ = RecoverAsync(folder, () => move.Post(new TargetInput.Restarted(folder.Promise)));
                }
            }
        }

        _recovered.SetResult();
        foreach (var application in _node.Journal.Applications())
        {
            _ = RecoverPartAsync(application.Name);
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        foreach (var move in _leaving.Values)
        {
            move.Dispose();
        }

        foreach (var move in _coming.Values)
        {
            move.Dispose();
        }

        foreach (var peer in _peers.Values)
        {
            peer.Dispose();
        }
    }

    async Task<IReadOnlyList<HandoverMessage>> ISourceEnd.TellAsync(MoveFolder move, HandoverMessage message, CancellationToken cancellation)
    {
        if (message.Word != HandoverWord.Prepare)
        {
            return await SayAsync(move, message, cancellation).ConfigureAwait(false);
        }

        var offer = new MoveOffer { Id = move.Record.Id, Machine = move.Record.Machine, Epoch = move.Record.Epoch, Traits = NodeTraits.Read(), Part = PartFor(move.Record.Application, move.Record.Peer, move.Record.Machine) };
        return (await Peer(move.Record.Peer).AskAsync(PeerRoutes.Offer, offer, NodeJson.Default.MoveOffer, NodeJson.Default.MoveWords, WordPatience, cancellation).ConfigureAwait(false)).Words;
    }

    Task<IReadOnlyList<HandoverMessage>> ITargetEnd.TellAsync(MoveFolder move, HandoverMessage message, CancellationToken cancellation) => SayAsync(move, message, cancellation);

    Task<BoxConnection> ISourceEnd.DepartAsync(MoveFolder move, CancellationToken cancellation) => BoxConnection.OpenAsync(
        move.Record.Machine,
        _node.BoxSocket(move.Record.Application, move.Record.Machine),
        new StreamRequest.Depart { Folder = move.Dump, Verdict = move.Path, StopsFirst = move.Record.StopsFirst, Owes = move.Record.Owes, Carried = CarriedMounts.Of(_node.RequireMachine(move.Record.Application, move.Record.Machine), _node.Options.Places.ApplicationFiles(move.Record.Application)) },
        cancellation);

    async Task<string> ISourceEnd.SendAsync(MoveFolder move, Func<Stream, CancellationToken, Task> body, CancellationToken cancellation)
    {
        var answer = await Peer(move.Record.Peer).SendAsync(PeerRoutes.Move + move.Record.Id, body, NodeJson.Default.MoveWords, SendPatience, cancellation).ConfigureAwait(false);
        return answer.Digest ?? throw new NodeException(ErrorCode.Failed, $"node {move.Record.Peer} does not say what has come");
    }

    async Task ISourceEnd.DivertAsync(MoveFolder move, bool onlyNew, CancellationToken cancellation)
    {
        var record = move.Record;
        await Peer(record.Peer).AskAsync(PeerRoutes.Move + record.Id, new MoveWords([], OpensNew: onlyNew, Opens: !onlyNew), NodeJson.Default.MoveWords, NodeJson.Default.MoveWords, WordPatience, cancellation).ConfigureAwait(false);
        await AskKeeperAsync(record, new KeeperRequest.Divert { Machine = record.Machine, Node = record.Peer, OnlyNew = onlyNew }).ConfigureAwait(false);
    }

    Task ISourceEnd.LeadAsync(MoveFolder move, bool away) =>
        away ? LeadToAsync(move.Record, move.Record.Peer) : TidyAsync(move.Record.Application, () => IsCurrent(move.Record), () => StayAsync(move), move.Remove);

    Task ISourceEnd.LeaveAsync(MoveFolder move) =>
        TidyAsync(move.Record.Application, () => IsCurrent(move.Record), () => LeaveAsync(move.Record), move.Remove);

    async Task ITargetEnd.PrepareAsync(MoveFolder move, MoveOffer offer)
    {
        string application = move.Record.Application;
        var placement = PlacementFile.Read(_node.Options.Places, application);
        bool isHome = placement?.Home == Self;
        if (!isHome)
        {
            if (IsAnother())
            {
                // Or what was here of it is just on its way out.
                await Finished(_node.DownPart(application, isUsed: () => true)).ConfigureAwait(false);
            }

            if (IsAnother())
            {
                throw new NodeException(ErrorCode.Conflict, $"node {Self} has an application {application} of its own", $"figment down -p {application} there, or give one of them another name");
            }

            await Finished(_node.UpPart(Guid.NewGuid().ToString("N"), offer.Part)).ConfigureAwait(false);
        }
        else if (placement!.NodeOf(offer.Machine) != move.Record.Peer)
        {
            throw new NodeException(ErrorCode.Conflict, $"{offer.Machine} is at node {placement.NodeOf(offer.Machine)}, as far as its home node {Self} knows");
        }

        RequireRoom(application, offer.Machine);
        await AskKeeperAsync(move.Record, new KeeperRequest.Prepare { Machine = offer.Machine }).ConfigureAwait(false);
        await Task.Run(() => LearnKernel(move)).ConfigureAwait(false);

        bool IsAnother() => PlacementFile.Read(_node.Options.Places, application) is null && _node.Journal.Application(application) is not null;
    }

    Task ITargetEnd.ArriveAsync(MoveFolder move)
    {
        // A revision is also of where things are on a node.
        var launch = _node.RequireMachine(move.Record.Application, move.Record.Machine);
        move.SetArrived();
        (SnapshotManifest.Load(move.Snapshot) with { Revision = launch.Revision }).Save(move.Snapshot);
        return AskKeeperAsync(move.Record, new KeeperRequest.Arrive { Machine = move.Record.Machine, Folder = move.Snapshot });
    }

    async Task ITargetEnd.AdmitAsync(MoveFolder move)
    {
        await AskKeeperAsync(move.Record, new KeeperRequest.Admit { Machine = move.Record.Machine }).ConfigureAwait(false);
        Sync(move.Record);
    }

    async Task ITargetEnd.DismissAsync(MoveFolder move, bool keep)
    {
        var record = move.Record;
        if (PlacementFile.Read(_node.Options.Places, record.Application) is null || !IsCurrent(record))
        {
            return;
        }

        await AskKeeperAsync(record, new KeeperRequest.Dismiss { Machine = record.Machine, Keep = keep }).ConfigureAwait(false);
        if (!keep)
        {
            if (move.HasArrived)
            {
                RemoveCarried(record);
            }

            _ = EndPartAsync(record.Application);
        }
    }

    async Task ITargetEnd.SettleAsync(MoveFolder move)
    {
        var record = move.Record;
        var placement = PlacementFile.Read(_node.Options.Places, record.Application) ?? throw new NodeException(ErrorCode.Failed, $"application {record.Application} is no more");
        placement = placement.With(record.Machine, Self, record.Epoch);
        PlacementFile.Write(_node.Options.Places, record.Application, placement);
        await LeadAsync(record, placement, Self).ConfigureAwait(false);
        Count(record, isDone: true);
    }

    /// <summary>A later move has said where the machine is: what an earlier one promised is kept.</summary>
    private bool HasMovedOn(MoveRecord record) => PlacementFile.Read(_node.Options.Places, record.Application)?.EpochOf(record.Machine) > record.Epoch;

    /// <summary>No later move of the machine is or was under way here: what an earlier one has left to do would undo it.</summary>
    private bool IsCurrent(MoveRecord record) =>
        !HasMovedOn(record) && !_leaving.Values.Select(move => move.Folder.Record).Concat(_coming.Values.Select(move => move.Folder.Record))
            .Any(other => other.Application == record.Application && other.Machine == record.Machine && other.Epoch > record.Epoch);

    private static Verdict? ReadVerdict(MoveFolder folder)
    {
        try
        {
            return folder.Verdict.Read();
        }
        catch (InvalidDataException)
        {
            // Nobody has ruled that the machine goes.
            return Verdict.Abort;
        }
    }

    private static async Task Finished(Operation operation)
    {
        if ((await operation.Result.ConfigureAwait(false)).Error is { } error)
        {
            throw new NodeException(error.Code, error.Message, error.Hint);
        }
    }

    private async Task<ProgressLine> MoveAsync(Operation operation, string application, string machine, MoveRequest request)
    {
        await RequireMovableAsync(application, machine, request.Node, operation).ConfigureAwait(false);
        var before = PlacementFile.Read(_node.Options.Places, application);
        var record = new MoveRecord
        {
            Id = operation.Id,
            Application = application,
            Machine = machine,
            Peer = request.Node,
            IsSource = true,
            StopsFirst = request.Mode == MoveMode.StopCopy,
            Owes = request.Mode switch
            {
                MoveMode.Auto => OweMode.IfSlow,
                MoveMode.Postcopy => OweMode.All,
                _ => OweMode.Never,
            },
            Epoch = Math.Max((before?.EpochOf(machine) ?? 0) + 1, _time.GetUtcNow().ToUnixTimeMilliseconds()),
            Begun = _time.GetUtcNow(),
        };
        if (request.DryRun)
        {
            return new ProgressLine { Done = true };
        }

        var folder = MoveFolder.Make(_node.Options.Places, record);
        var move = Track(new SourceMove(folder, this, one => operation.Report(Line(one)), _time, _log));
        try
        {
            await WidenAsync(application, request.Node).ConfigureAwait(false);
        }
        catch
        {
            _leaving.TryRemove(record.Id, out _);
            folder.Remove();
            throw;
        }

        operation.Report(new ProgressLine { Move = View(move) });
        move.Post(new SourceInput.Begin());
        if (await OutcomeAsync(move).ConfigureAwait(false) is { } reason)
        {
            throw new NodeException(ErrorCode.Failed, $"{machine} stays at this node: {reason}");
        }

        _standstill.Learn(move.Times);
        return new ProgressLine { Done = true, Move = View(move) };
    }

    private ProgressLine Line(SourceMove move)
    {
        var view = View(move);
        return new ProgressLine { Subject = view.Machine, Status = view.Phase, Current = view.SentBytes, Move = view };
    }

    /// <summary>A target that is dead after the verdict keeps nobody waiting: it is told so until it is heard, and the application can be changed meanwhile.</summary>
    private async Task<string?> OutcomeAsync(SourceMove move)
    {
        while (!move.Decided.IsCompleted)
        {
            await Task.WhenAny(move.Decided, Task.Delay(OutcomeLook, _time)).ConfigureAwait(false);
            var record = move.Folder.Record;
            if (move.Phase == SourcePhase.Filling && move.QuietFor > OutcomePatience)
            {
                throw new NodeException(ErrorCode.Unavailable, $"{record.Machine} runs at node {record.Peer}, which has not asked for the rest of its memory for {OutcomePatience.TotalSeconds:0} s; it is kept here until it does", $"figment node ls shows whether {record.Peer} answers");
            }

            if (move.Phase == SourcePhase.Committed && move.Times.Read()[^1].Ms > OutcomePatience.TotalMilliseconds)
            {
                throw new NodeException(ErrorCode.Unavailable, $"{record.Machine} is node {record.Peer}'s, which has not said yet that it runs; it is told so until it does", $"figment node ls shows whether {record.Peer} answers");
            }
        }

        return await move.Decided.ConfigureAwait(false);
    }

    private async Task RecoverPartAsync(string application)
    {
        await _node.Works.Keepers.AwaitFoundAsync(application, PartPatience).ConfigureAwait(false);
        await EndPartAsync(application).ConfigureAwait(false);
    }

    private async Task RecoverAsync(MoveFolder folder, Action begin)
    {
        await _node.Works.Keepers.AwaitFoundAsync(folder.Record.Application, PartPatience).ConfigureAwait(false);
        begin();
    }

    private SourceMove Track(SourceMove move)
    {
        _leaving[move.Folder.Record.Id] = move;
        foreach (var old in _leaving.Values.Where(other => other.Phase is SourcePhase.Done or SourcePhase.Aborted).OrderByDescending(other => other.Folder.Record.Begun).Skip(RememberedMax).ToList())
        {
            _leaving.TryRemove(old.Folder.Record.Id, out _);
        }

        _ = WatchAsync(move.RunAsync(), move.Folder, () => { });
        _ = CountAsync(move);
        return move;
    }

    /// <summary>One that is gone is not known any more, and that is what its source is told.</summary>
    private TargetMove Track(TargetMove move)
    {
        _coming[move.Folder.Record.Id] = move;
        _ = WatchAsync(move.RunAsync(), move.Folder, () =>
        {
            Remember(move.Folder.Record.Id);
            Count(move.Folder.Record, isDone: false);
            _coming.TryRemove(move.Folder.Record.Id, out _);
        });
        return move;
    }

    private async Task WatchAsync(Task run, MoveFolder folder, Action ended)
    {
        try
        {
            await run.ConfigureAwait(false);
            ended();
        }
        catch (Exception exception)
        {
            _log.LogError(exception, "move {Id} of {Application}/{Machine}", folder.Record.Id, folder.Record.Application, folder.Record.Machine);
        }
    }

    private async Task CountAsync(SourceMove move)
    {
        string? stays = await move.Decided.ConfigureAwait(false);
        var record = move.Folder.Record;
        _node.Telemetry.Migrations.Left(record.Application, _node.ServiceOf(record.Application, record.Machine), record.Machine, stays is null, move.Times.Bytes, move.Times.Rounds().Count, move.Times.DowntimeMs());
    }

    private void Count(MoveRecord record, bool isDone) => _node.Telemetry.Migrations.Came(record.Application, _node.ServiceOf(record.Application, record.Machine), record.Machine, isDone);

    private PeerClient Peer(string node) => _peers.GetOrAdd(node, _members.Connect);

    private async Task<IReadOnlyList<HandoverMessage>> SayAsync(MoveFolder move, HandoverMessage message, CancellationToken cancellation)
    {
        try
        {
            return (await Peer(move.Record.Peer).AskAsync(PeerRoutes.Move + move.Record.Id, new MoveWords([message]), NodeJson.Default.MoveWords, NodeJson.Default.MoveWords, WordPatience, cancellation).ConfigureAwait(false)).Words;
        }
        catch (NodeException)
        {
            // It may have another address by now, or this node another certificate.
            _peers.TryRemove(move.Record.Peer, out _);
            throw;
        }
    }

    private Task AskKeeperAsync(MoveRecord move, KeeperRequest request) => _node.Works.Keepers.Client(move.Application).AskAsync(request, KeeperPatience, CancellationToken.None);

    private SourceMove Find(string id) => _leaving.GetValueOrDefault(id) ?? throw new NodeException(ErrorCode.NotFound, $"there is no move {id} from this node", "GET /v1/migrations shows which there are");

    private MoveView View(SourceMove move)
    {
        var phases = move.Times.Read();
        var rounds = move.Times.Rounds();
        double? downtime = move.Times.DowntimeMs();
        return new MoveView
        {
            Id = move.Folder.Record.Id,
            Application = move.Folder.Record.Application,
            Machine = move.Folder.Record.Machine,
            Node = move.Folder.Record.Peer,
            Phase = phases[^1].Phase,
            Begun = move.Folder.Record.Begun,
            SentBytes = move.Times.Bytes,
            Phases = [.. phases.Select(one => KeyValuePair.Create(one.Phase, one.Ms))],
            Rounds = rounds,
            EstimatedDowntimeMs = downtime is null && move.Phase == SourcePhase.Copying ? _standstill.EstimateMs(rounds) : null,
            DowntimeMs = downtime,
            Reason = move.Reason,
        };
    }

    private async Task RequireMovableAsync(string application, string machine, string node, Operation operation)
    {
        var launch = _node.RequireMachine(application, machine);
        if (node == Self)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"{node} is this node", "figment node ls shows the others");
        }

        _members.Find(node);
        RequireMemory(application, machine);
        var all = _node.Journal.Applications().SelectMany(other => _node.RequireLaunch(other.Name).Machines.Select(one => KeyValuePair.Create(other.Name, one)));
        if (MoveRules.Complaint(application, launch, all, _node.Options.Places) is { } complaint)
        {
            throw new NodeException(ErrorCode.Conflict, $"{machine} cannot leave its node: {complaint}");
        }

        if (PlacementFile.Read(_node.Options.Places, application) is { } placement && !placement.Nodes.ContainsKey(node) && (placement.Home != Self || placement.Has(placement.Nodes.Keys.First(one => one != Self))))
        {
            throw new NodeException(ErrorCode.Conflict, $"application {application} is at nodes {string.Join(" and ", placement.Nodes.Keys)} already, and can be at two", "move the machines home first");
        }

        switch (await _node.StateOfAsync(application, machine, operation.Cancellation).ConfigureAwait(false))
        {
            case MachineState.Running or MachineState.Frozen:
                return;
            case MachineState.Elsewhere:
                throw new NodeException(ErrorCode.Conflict, $"{machine} is at another node: ask there");
            case MachineState.Stopped or MachineState.Failed or MachineState.Completed:
                throw new NodeException(ErrorCode.Conflict, $"{machine} has no program to move", $"figment start {machine}");
            default:
                // What it has written travels with it, and that is in its box's hands.
                await _node.AskAboutAsync(application, machine, new KeeperRequest.Start { Machine = machine, Wait = true }, PartPatience, operation.Cancellation).ConfigureAwait(false);
                return;
        }
    }
}
