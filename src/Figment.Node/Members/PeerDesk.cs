using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Figment.Api.Contract;
using Figment.Node.Errors;
using Figment.Node.Moves;

namespace Figment.Node.Members;

/// <summary>What this node answers to others.</summary>
/// <param name="membership">Knows who belongs to the cluster.</param>
/// <param name="moves">Machines that come and go.</param>
public sealed class PeerDesk(Membership membership, MoveService moves)
{
    /// <summary>Takes a machine: a body that is read as it comes.</summary>
    /// <param name="path"><see cref="PeerRoutes.Move"/> with the move's id.</param>
    /// <param name="node">Whose certificate the other showed.</param>
    /// <param name="body">What it sends.</param>
    /// <exception cref="NodeException">It is refused.</exception>
    public async Task<byte[]> TakeAsync(string path, string node, Stream body) =>
        Write(await moves.TakeAsync(node, path[PeerRoutes.Move.Length..], body).ConfigureAwait(false), NodeJson.Default.MoveWords);

    /// <summary>Answers a request.</summary>
    /// <param name="method">HTTP's.</param>
    /// <param name="path">One of <see cref="PeerRoutes"/>.</param>
    /// <param name="node">Whose certificate the other showed; null: none.</param>
    /// <param name="body">What it sent.</param>
    /// <param name="cancellationToken">It has gone.</param>
    /// <exception cref="NodeException">It is refused.</exception>
    public async Task<byte[]> AnswerAsync(string method, string path, string? node, byte[] body, CancellationToken cancellationToken) => (method, path) switch
    {
        ("GET", PeerRoutes.Authority) => Encoding.ASCII.GetBytes(membership.AuthorityPem),
        ("POST", PeerRoutes.Join) => Write(await membership.AdmitAsync(Read(body, NodeJson.Default.JoinAsk), cancellationToken).ConfigureAwait(false), NodeJson.Default.JoinAnswer),
        _ when node is null => throw new NodeException(ErrorCode.Forbidden, "only nodes of the cluster are answered", "figment node join, with a token"),
        ("POST", PeerRoutes.Hello) => Write(await membership.GreetAsync(Read(body, NodeJson.Default.Hello), cancellationToken).ConfigureAwait(false), NodeJson.Default.Hello),
        ("POST", PeerRoutes.Renew) => Write(membership.Renew(Read(body, NodeJson.Default.String), node), NodeJson.Default.String),
        _ => await AnswerOfMovesAsync(method, path, node, body, cancellationToken).ConfigureAwait(false),
    };

    /// <summary>A node that has not yet looked at what it has of moves would say that it knows nothing of one, and a machine would be lost.</summary>
    private async Task<byte[]> AnswerOfMovesAsync(string method, string path, string node, byte[] body, CancellationToken cancellationToken)
    {
        await moves.Recovered.WaitAsync(cancellationToken).ConfigureAwait(false);
        return (method, path) switch
        {
            ("GET", _) when path.StartsWith(PeerRoutes.Move, StringComparison.Ordinal) => await moves.GiveAsync(node, path[PeerRoutes.Move.Length..], cancellationToken).ConfigureAwait(false),
            ("POST", PeerRoutes.Offer) => Write(await moves.OfferAsync(node, Read(body, NodeJson.Default.MoveOffer)).ConfigureAwait(false), NodeJson.Default.MoveWords),
            ("POST", PeerRoutes.Parts) => await DoneAsync(moves.TakePartAsync(node, Read(body, NodeJson.Default.ApplicationPart))).ConfigureAwait(false),
            ("POST", _) when path.StartsWith(PeerRoutes.Move, StringComparison.Ordinal) => Write(await moves.HearAsync(node, path[PeerRoutes.Move.Length..], Read(body, NodeJson.Default.MoveWords)).ConfigureAwait(false), NodeJson.Default.MoveWords),
            ("POST", _) when path.StartsWith(PeerRoutes.EndPart, StringComparison.Ordinal) => await DoneAsync(moves.EndPartAsync(node, path[PeerRoutes.EndPart.Length..], volumes: false)).ConfigureAwait(false),
            ("POST", _) when path.StartsWith(PeerRoutes.RemovePart, StringComparison.Ordinal) => await DoneAsync(moves.EndPartAsync(node, path[PeerRoutes.RemovePart.Length..], volumes: true)).ConfigureAwait(false),
            _ => throw new NodeException(ErrorCode.NotFound, $"there is nothing at {method} {path}", "both nodes should have the same version of Figment"),
        };
    }

    private static T Read<T>(byte[] body, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new NodeException(ErrorCode.InvalidRequest, "the request is null");
        }
        catch (JsonException exception)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"the request is not understood: {exception.Message}", "both nodes should have the same version of Figment", exception);
        }
    }

    private static async Task<byte[]> DoneAsync(Task work)
    {
        await work.ConfigureAwait(false);
        return Write("done", NodeJson.Default.String);
    }

    private static byte[] Write<T>(T answer, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(answer, type);
}
