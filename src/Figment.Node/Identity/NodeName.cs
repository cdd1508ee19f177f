using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Identity;

/// <summary>The name of a node: a host name of one label (RFC 1123), in lower case.</summary>
public static class NodeName
{
    private const int CharactersMax = 63;

    public static NodeException Refuse(string name) =>
        new(ErrorCode.InvalidRequest, $"'{name}' is no name of a node", "up to 63 of a to z, 0 to 9 and '-', which is neither first nor last; FIGMENT_NODE sets it");

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= CharactersMax && name[0] != '-' && name[^1] != '-' && name.All(character => character is '-' or (>= 'a' and <= 'z') or (>= '0' and <= '9'));
}
