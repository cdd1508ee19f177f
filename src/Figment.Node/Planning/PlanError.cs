using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Planning;

internal static class PlanError
{
    /// <summary>The application as described cannot be made on this node.</summary>
    public static NodeException Of(string message, string? hint = null) => new(ErrorCode.Failed, message, hint);
}
