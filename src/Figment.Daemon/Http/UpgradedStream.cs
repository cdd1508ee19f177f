using Figment.Api.Contract;
using Figment.Node.Errors;
using Figment.Node.Streams;
using Microsoft.AspNetCore.Http.Features;

namespace Figment.Daemon.Http;

/// <summary>Answers 101 and carries bytes between the client and a box.</summary>
internal static class UpgradedStream
{
    public static void Check(HttpContext context)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } || context.Request.Headers.Upgrade != Routes.UpgradeProtocol)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"{context.Request.Path} is a stream", $"send Connection: Upgrade and Upgrade: {Routes.UpgradeProtocol}");
        }
    }

    public static async Task CarryAsync(HttpContext context, BoxConnection box)
    {
        await using (box)
        {
            var upgrade = context.Features.Get<IHttpUpgradeFeature>()!;
            context.Response.Headers.Upgrade = Routes.UpgradeProtocol;
            context.Response.Headers.Connection = "Upgrade";
            await using var client = await upgrade.UpgradeAsync();
            var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            await box.CarryAsync(client, stopping);
        }
    }
}
