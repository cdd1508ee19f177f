using System.Globalization;
using Figment.Api.Contract;
using Figment.Migration.Handover;
using Figment.Migration.Lazy;
using Figment.Model.Control;
using Figment.Node.Errors;
using Figment.Node.Members;
using Figment.Node.Streams;

namespace Figment.Node.Moves;

/// <summary>Memory that comes after the machine that it is of.</summary>
public sealed partial class MoveService
{
    private const string OwedPart = "/owed/";

    /// <summary>Asked again on another connection.</summary>
    private static readonly TimeSpan FetchPatience = TimeSpan.FromSeconds(3);

    /// <summary>What another node asks for, as <see cref="OwedText"/> has it; empty: it is nowhere any more.</summary>
    /// <param name="node">Who asks.</param>
    /// <param name="path">ID/owed/PROCESS/ADDRESS/PAGES.</param>
    /// <param name="cancellation">It has gone.</param>
    internal async Task<byte[]> GiveAsync(string node, string path, CancellationToken cancellation)
    {
        string[] parts = path.Split('/');
        if (parts is not [var id, "owed", var process, var address, var pages]
            || !int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            || !ulong.TryParse(address, NumberStyles.None, CultureInfo.InvariantCulture, out ulong start)
            || !int.TryParse(pages, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            throw new NodeException(ErrorCode.NotFound, $"there is nothing at {path} of a move", "both nodes should have the same version of Figment");
        }

        // A daemon that has just been started finds its moves one after the other.
        var move = _leaving.GetValueOrDefault(id) ?? throw new NodeException(ErrorCode.NotFound, $"there is no move {id} from this node");
        RequirePeer(move.Folder, node);
        return await move.GiveAsync(new OwedPiece(number, start, count), cancellation).ConfigureAwait(false) ?? [];
    }

    OwedSource ISourceEnd.OpenOwed(MoveFolder move) => new(move.Record.Machine, _node.BoxSocket(move.Record.Application, move.Record.Machine));

    Task<BoxConnection> ITargetEnd.OpenFeedAsync(MoveFolder move, CancellationToken cancellation) => BoxConnection.OpenAsync(
        move.Record.Machine,
        Path.Combine(Path.GetDirectoryName(_node.BoxSocket(move.Record.Application, move.Record.Machine))!, StreamRequest.Feed.SocketName),
        new StreamRequest.Feed(),
        cancellation);

    Task<byte[]> ITargetEnd.FetchAsync(MoveFolder move, OwedPiece piece, CancellationToken cancellation) =>
        Peer(move.Record.Peer).GetBytesAsync(string.Create(CultureInfo.InvariantCulture, $"{PeerRoutes.Move}{move.Record.Id}{OwedPart}{piece.Process}/{piece.Address}/{piece.Pages}"), FetchPatience, cancellation);

    /// <summary>What has not come yet cannot go on.</summary>
    private void RequireMemory(string application, string machine)
    {
        if (_coming.Values.FirstOrDefault(move => move.Folder.Record.Application == application && move.Folder.Record.Machine == machine && move.Phase == TargetPhase.Filling) is { } filling)
        {
            throw new NodeException(ErrorCode.Conflict, $"some of the memory of {machine} is still on its way from node {filling.Folder.Record.Peer}", "try it again when that is here; the log of its box says so");
        }
    }
}
