using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Figment.Api.Contract;
using Figment.Migration.Criu;
using Figment.Migration.Engine;
using Figment.Migration.Handover;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Errors;
using Figment.Node.Journal;
using Figment.Node.Lifecycle.Steps;
using Figment.Node.Members;
using Figment.Node.Operations;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Moves;

public sealed partial class MoveService
{
    private const int VniMax = 0xFFFFFF;

    /// <summary>An offer that was sent before a move was called off comes at most some minutes after.</summary>
    private const int GoneMax = 1_000;

    private readonly Lock _offering = new();

    /// <summary>Under <see cref="_offering"/>: moves that were called off, the last ones.</summary>
    private readonly Queue<string> _gone = new();

    /// <summary>What another node asks of this one.</summary>
    /// <param name="node">Who asks.</param>
    /// <param name="offer">A machine for this node.</param>
    internal async Task<MoveWords> OfferAsync(string node, MoveOffer offer)
    {
        if (!Guid.TryParseExact(offer.Id, "N", out _))
        {
            throw new NodeException(ErrorCode.InvalidRequest, "the id of a move is 32 hex digits");
        }

        Names.ObjectNames.CheckApplication(offer.Part.Spec.Name);
        Names.ObjectNames.CheckMachine(offer.Machine);
        NodeTraits.Read().Require(offer.Traits, Self);
        var move = Begin(node, offer);
        RequirePeer(move.Folder, node);
        return new MoveWords(await move.HearAsync(new HandoverMessage(HandoverWord.Prepare, offer.Epoch)).ConfigureAwait(false));
    }

    /// <summary>The same offer may come again while the first is looked at.</summary>
    private TargetMove Begin(string node, MoveOffer offer)
    {
        lock (_offering)
        {
            if (_coming.TryGetValue(offer.Id, out var known))
            {
                return known;
            }

            if (_gone.Contains(offer.Id))
            {
                throw new NodeException(ErrorCode.Conflict, $"move {offer.Id} has been called off");
            }

            var record = new MoveRecord { Id = offer.Id, Application = offer.Part.Spec.Name, Machine = offer.Machine, Peer = node, IsSource = false, Epoch = offer.Epoch, Begun = _time.GetUtcNow() };
            return _coming.Values.FirstOrDefault(other => other.Folder.Record.Application == record.Application && other.Folder.Record.Machine == record.Machine && other.Phase is not (TargetPhase.Gone or TargetPhase.Running)) is { } other
                ? throw new NodeException(ErrorCode.Conflict, $"{record.Machine} is on its way to node {Self} already, by move {other.Folder.Record.Id}")
                : Track(new TargetMove(MoveFolder.Make(_node.Options.Places, record), offer, this, _time, _log));
        }
    }

    private void Remember(string gone)
    {
        lock (_offering)
        {
            if (_gone.Contains(gone))
            {
                return;
            }

            _gone.Enqueue(gone);
            if (_gone.Count > GoneMax)
            {
                _gone.Dequeue();
            }
        }
    }

    internal async Task<MoveWords> HearAsync(string node, string id, MoveWords said)
    {
        var answers = new List<HandoverMessage>();
        if ((said.OpensNew || said.Opens) && _coming.TryGetValue(id, out var opening))
        {
            RequirePeer(opening.Folder, node);
            await AskKeeperAsync(opening.Folder.Record, new KeeperRequest.Prepare { Machine = opening.Folder.Record.Machine, OpensNew = said.OpensNew, Opens = said.Opens }).ConfigureAwait(false);
        }

        foreach (var word in said.Words)
        {
            if (_coming.TryGetValue(id, out var coming))
            {
                RequirePeer(coming.Folder, node);
                answers.AddRange(await coming.HearAsync(word).ConfigureAwait(false));
            }
            else if (_leaving.TryGetValue(id, out var leaving))
            {
                RequirePeer(leaving.Folder, node);
                leaving.Post(new SourceInput.Said(word));
                if (word.Word == HandoverWord.Ask && leaving.Phase is SourcePhase.Aborted or SourcePhase.Committed or SourcePhase.Filling or SourcePhase.Done)
                {
                    answers.Add(new HandoverMessage(leaving.Phase == SourcePhase.Aborted ? HandoverWord.Drop : HandoverWord.Run, word.Epoch));
                }
            }
            else if (word.Word is HandoverWord.Ask or HandoverWord.Held or HandoverWord.Ready)
            {
                // A source that knows nothing of it any more has called it off: one that has committed remembers until it has heard that the machine runs.
                answers.Add(new HandoverMessage(HandoverWord.Drop, word.Epoch));
            }
            else if (word.Word is not (HandoverWord.Gone or HandoverWord.Runs))
            {
                // Its offer may be on the way still.
                Remember(id);
                answers.Add(new HandoverMessage(HandoverWord.Gone, word.Epoch));
            }
        }

        return new MoveWords(answers);
    }

    internal async Task<MoveWords> TakeAsync(string node, string id, Stream body)
    {
        if (!_coming.TryGetValue(id, out var move))
        {
            throw new NodeException(ErrorCode.NotFound, $"there is no move {id} to this node");
        }

        RequirePeer(move.Folder, node);
        return new MoveWords([], await move.TakeAsync(body).ConfigureAwait(false));
    }

    /// <summary>The home node says how the application is now.</summary>
    internal async Task TakePartAsync(string node, ApplicationPart part)
    {
        RequireHome(node, part.Spec.Name, part.Placement.Home);
        await Finished(_node.UpPart(Guid.NewGuid().ToString("N"), part)).ConfigureAwait(false);
    }

    /// <summary>The home node takes the application down.</summary>
    internal async Task EndPartAsync(string node, string application, bool volumes)
    {
        if (_node.Journal.Application(application) is not null && PlacementFile.Read(_node.Options.Places, application) is { } placement)
        {
            RequireHome(node, application, placement.Home);
            await Finished(_node.Down(Guid.NewGuid().ToString("N"), application, volumes, graceMs: null)).ConfigureAwait(false);
        }
    }

    /// <summary>What CRIU finds out about the kernel it finds out before the machine stands still. Without it the first restore takes longer.</summary>
    private void LearnKernel(MoveFolder move)
    {
        if (CriuProgram.Find(Environment.GetEnvironmentVariable, AppContext.BaseDirectory) is { } criu && new CriuEngine(criu).CheckParent(move.Path, _node.Options.Places.RuntimeDirectory) is { } complaint)
        {
            _log.LogWarning("the first machine that comes to this node waits longer: {Complaint}", complaint);
        }
    }

    private static void RequirePeer(MoveFolder move, string node)
    {
        if (move.Record.Peer != node)
        {
            throw new NodeException(ErrorCode.Forbidden, $"move {move.Record.Id} is with node {move.Record.Peer}");
        }
    }

    private void RequireHome(string node, string application, string home)
    {
        if (home != node || home == Self)
        {
            throw new NodeException(ErrorCode.Forbidden, $"application {application} is at home at {home}, not at {node}");
        }
    }

    /// <summary>A node without machines of an application has no part of it, unless it is at home there.</summary>
    private Task EndPartAsync(string application) =>
        TidyAsync(application, () => !IsUsed(application), () => Finished(_node.DownPart(application, () => IsUsed(application))));

    private bool IsUsed(string application) =>
        PlacementFile.Read(_node.Options.Places, application) is not { } placement
        || placement.Home == Self
        || placement.Has(Self)
        || _coming.Values.Any(move => move.Folder.Record.Application == application && move.Phase != TargetPhase.Gone && !move.Folder.IsDone);

    private async Task TellPartsAsync(string application, Operation operation)
    {
        foreach (string node in OtherNodes(application, withMachines: true))
        {
            operation.Report($"node {node}", "updating");
            await Peer(node).AskAsync(PeerRoutes.Parts, PartFor(application, node, null), NodeJson.Default.ApplicationPart, NodeJson.Default.String, PartPatience, operation.Cancellation).ConfigureAwait(false);
        }
    }

    private async Task EndPartsAsync(string application, bool volumes, Operation operation)
    {
        var nodes = OtherNodes(application, withMachines: false);
        if (!volumes && PlacementFile.Read(_node.Options.Places, application) is { } placement
            && _node.RequireLaunch(application).Machines.FirstOrDefault(machine => nodes.Contains(placement.NodeOf(machine.Name)) && machine.Mounts.Any(mount => mount.Kind == MountKind.Volume)) is { } away)
        {
            // Without the application nobody would know where its data is.
            string node = placement.NodeOf(away.Name);
            throw new NodeException(ErrorCode.Conflict, $"{away.Name} is at node {node}, with a volume", $"figment migrate -p {application} {away.Name} {Self}, at node {node}, brings both home; figment down --volumes removes them there");
        }

        foreach (string node in nodes)
        {
            operation.Report($"node {node}", "stopping");
            await Peer(node).AskAsync((volumes ? PeerRoutes.RemovePart : PeerRoutes.EndPart) + application, Self, NodeJson.Default.String, NodeJson.Default.String, PartPatience, operation.Cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Of an application that is at home here; nodes that have left the cluster have left it.</summary>
    private IReadOnlyList<string> OtherNodes(string application, bool withMachines) =>
        PlacementFile.Read(_node.Options.Places, application) is { } placement && placement.Home == Self
            ? [.. placement.Nodes.Keys.Where(node => node != Self && (!withMachines || placement.Has(node)) && _members.Knows(node))]
            : [];

    /// <summary>The application's networks span the two nodes from now on.</summary>
    private async Task WidenAsync(string application, string node)
    {
        var places = _node.Options.Places;
        var launch = _node.RequireLaunch(application);
        var before = PlacementFile.Read(places, application);
        if (before?.Nodes.ContainsKey(node) == true)
        {
            return;
        }

        var placement = new Placement
        {
            Home = Self,
            Nodes = new Dictionary<string, string> { [Self] = _members.This.Address.Address.ToString(), [node] = _members.Find(node).Address.Address.ToString() },
            Networks = before?.Networks ?? launch.Networks.ToDictionary(network => network.Name, _ => RandomNumberGenerator.GetInt32(1, VniMax + 1)),
        };
        PlacementFile.Write(places, application, placement);
        try
        {
            await FollowAsync(application, placement.Apply(launch, Self)).ConfigureAwait(false);
        }
        catch
        {
            if (before is null)
            {
                PlacementFile.Remove(places, application);
            }
            else
            {
                PlacementFile.Write(places, application, before);
            }

            WriteLaunch.Write(_node.Launches.PathOf(application), launch);
            throw;
        }
    }

    /// <summary>No machine is elsewhere: the networks are this node's alone again.</summary>
    private async Task NarrowAsync(string application)
    {
        var places = _node.Options.Places;
        if (PlacementFile.Read(places, application) is { } placement && placement.Home == Self && placement.Machines.Values.All(machine => machine.Node == Self) 
            && !_leaving.Values.Any(move => move.Folder.Record.Application == application && move.Phase is not (SourcePhase.Aborted or SourcePhase.Done)))
        {
            var launch = _node.RequireLaunch(application);
            PlacementFile.Remove(places, application);
            await FollowAsync(application, launch with
            {
                Span = null,
                Networks = [.. launch.Networks.Select(network => network with { Vni = 0 })],
                Machines = [.. launch.Machines.Select(machine => machine with { Node = null })],
            }).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(string application, ApplicationLaunch launch)
    {
        WriteLaunch.Write(_node.Launches.PathOf(application), launch);
        await _node.Works.Keepers.Client(application).AskAsync(new KeeperRequest.Update(), PartPatience, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Packets for the machine go to that node.</summary>
    private async Task LeadAsync(MoveRecord move, Placement placement, string node)
    {
        var launch = _node.RequireLaunch(move.Application);
        WriteLaunch.Write(_node.Launches.PathOf(move.Application), placement.With(move.Machine, node, move.Epoch).Apply(launch, Self));
        await AskKeeperAsync(move, new KeeperRequest.Place { Machine = move.Machine }).ConfigureAwait(false);
    }

    /// <summary>What that node has to know of an application: the services of the machines that it has, or is to have.</summary>
    private ApplicationPart PartFor(string application, string node, string? coming)
    {
        var record = _node.Require(application);
        var launch = _node.RequireLaunch(application);
        var placement = PlacementFile.Read(_node.Options.Places, application) ?? throw new NodeException(ErrorCode.Failed, $"application {application} is at no other node");
        var services = launch.Machines.Where(machine => machine.Name == coming || placement.NodeOf(machine.Name) == node).Select(machine => machine.Service).ToHashSet(StringComparer.Ordinal);
        var networks = launch.Networks.ToDictionary(network => network.Name);
        return new ApplicationPart
        {
            Epoch = record.Epoch,
            Placement = placement with { Others = [.. launch.Machines.Where(machine => !services.Contains(machine.Service)).Select(NameOnly)] },
            Held = [.. launch.Machines.SelectMany(machine => machine.Interfaces.Select(face => new Allocation(AllocationKind.Address, $"{face.Network}/{machine.Name}", face.Address)))],
            Spec = record.Spec with
            {
                Services = [.. record.Spec.Services.Where(service => services.Contains(service.Name))],
                Networks = [.. record.Spec.Networks.Select(network => networks.TryGetValue(network.Name, out var made)
                    ? network with { Subnet = made.Subnet, Gateway = made.Gateway, EnableIpv6 = made.Ipv6Subnet is not null, Ipv6Subnet = made.Ipv6Subnet }
                    : network)],
                Configs = [.. record.Spec.Configs.Select(file => WithContent("config", file))],
                Secrets = [.. record.Spec.Secrets.Select(file => WithContent("secret", file))],
            },
        };
    }

    private static MachineLaunch NameOnly(MachineLaunch machine) => machine with
    {
        Program = new ProgramLaunch { Arguments = [] },
        Published = [],
        Mounts = [],
        PostStart = [],
        PreStop = [],
        HealthCheck = null,
    };

    /// <summary>The node that it goes to does not have its file.</summary>
    private static FileSpec WithContent(string kind, FileSpec file)
    {
        if (file is not { Content: null, File: { } path, External: false })
        {
            return file;
        }

        byte[] content = File.Exists(path) ? File.ReadAllBytes(path) : throw new NodeException(ErrorCode.Failed, $"{kind} {file.Name}: {path} does not exist on this node any more");
        return Utf8.IsValid(content)
            ? file with { File = null, Content = Encoding.UTF8.GetString(content) }
            : throw new NodeException(ErrorCode.Conflict, $"{kind} {file.Name} is no text (UTF-8), and such files do not travel yet", "build it into the image");
    }
}
