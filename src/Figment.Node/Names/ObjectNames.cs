using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Names;

/// <summary>Names become folder names, interface names and DNS names: what they may hold is checked wherever one comes in.</summary>
public static class ObjectNames
{
    /// <summary>A DNS label is at most 63 bytes, and machine names are DNS labels.</summary>
    public const int NameBytesMax = 63;

    public static void CheckApplication(string name) => Check("application", name, IsApplication(name), "lower-case letters, digits, '-' and '_', the first a letter or digit");

    public static void CheckMachine(string name) => Check("machine", name, IsGeneral(name), "letters, digits, '-', '_' and '.', the first a letter or digit");

    public static void CheckService(string name) => Check("service", name, IsGeneral(name), "letters, digits, '-', '_' and '.', the first a letter or digit");

    public static void CheckVolume(string name) => Check("volume", name, IsGeneral(name), "letters, digits, '-', '_' and '.', the first a letter or digit");

    public static bool IsApplication(string? name) =>
        name is { Length: > 0 and <= NameBytesMax } && IsSmall(name[0]) && name.All(letter => IsSmall(letter) || letter is '-' or '_');

    public static bool IsGeneral(string? name) =>
        name is { Length: > 0 and <= NameBytesMax } && char.IsAsciiLetterOrDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private static bool IsSmall(char letter) => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter);

    private static void Check(string kind, string name, bool valid, string rule)
    {
        if (!valid)
        {
            string shown = name.Length <= NameBytesMax ? name : name[..NameBytesMax] + "...";
            throw new NodeException(ErrorCode.InvalidRequest, $"\"{shown}\" is not the name of a {kind}: 1 to {NameBytesMax} characters, {rule}".Replace("of a application", "of an application", StringComparison.Ordinal));
        }
    }
}
