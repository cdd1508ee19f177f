namespace Figment.Node.Identity;

/// <summary>The name of a node: a host name of one label (RFC 1123), in lower case.</summary>
public static class NodeName
{
    private const int CharactersMax = 63;

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= CharactersMax && name[0] != '-' && name[^1] != '-' && name.All(character => character is '-' or (>= 'a' and <= 'z') or (>= '0' and <= '9'));
}
