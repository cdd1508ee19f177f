using Figment.Api.Contract;
using Figment.Daemon.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Figment.Daemon.Peers;

/// <summary>Looks at each connection's peer once, and refuses requests of those who may not.</summary>
internal sealed class PeerCheck(ILogger<PeerCheck> log)
{
    private readonly uint? _group = FigmentGroup.Find();

    public ConnectionDelegate OnConnection(ConnectionDelegate next) => connection =>
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            var peer = PeerIdentity.Of(socket);
            connection.Features.Set(peer);
            log.LogDebug("connection from process {Pid}, user {User}", peer.Pid, peer.UserId);
        }

        return next(connection);
    };

    public Task OnRequestAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<PeerIdentity>() is { } peer && peer.MayUse(_group))
        {
            if (!HttpMethods.IsGet(context.Request.Method))
            {
                log.LogInformation("{Method} {Path} from process {Pid}, user {User}", context.Request.Method, context.Request.Path, peer.Pid, peer.UserId);
            }

            return next(context);
        }

        string who = context.Features.Get<PeerIdentity>() is { } known ? $"user {known.UserId}" : "an unknown peer";
        log.LogWarning("{Method} {Path} from {Who} is refused", context.Request.Method, context.Request.Path, who);
        return ErrorResponse.WriteAsync(context, new ApiError
        {
            Code = ErrorCode.Forbidden,
            Message = $"{who} may not use this node",
            Hint = $"root may, and members of the group {FigmentGroup.Name}: usermod -aG {FigmentGroup.Name} USER, then log in again",
        });
    }
}
