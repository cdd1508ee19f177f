using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Figment.Model.Specs;

namespace Figment.Model.Launch;

/// <summary>What of a machine's mounts goes with it to another node: volumes, and what is bound read-only. A machine with other binds does not move.</summary>
public static class CarriedMounts
{
    /// <summary>In what travels: a file or folder for each, by its place among the machine's mounts.</summary>
    public const string FolderName = "carried";

    private const int DigestDigits = 16;

    /// <summary>By their places among its mounts.</summary>
    /// <param name="machine">Whose.</param>
    /// <param name="files">The folder of the application's configs and secrets, which travel with the application.</param>
    public static IReadOnlyList<int> Of(MachineLaunch machine, string files)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return [.. machine.Mounts.Index().Where(mount => mount.Item.Kind == MountKind.Volume || (mount.Item is { Kind: MountKind.Bind, ReadOnly: true, Source: { } source } && !IsBelow(source, files))).Select(mount => mount.Index)];
    }

    /// <summary>At a node that is not the application's home: where that is that is bound read-only at home.</summary>
    /// <param name="state">The application's state folder.</param>
    /// <param name="machine">Each has its own.</param>
    /// <param name="source">At home.</param>
    public static string PathOf(string state, string machine, string source) =>
        Path.Combine(Root(state, machine), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source)))[..DigestDigits]);

    /// <summary>What of a machine is at this node because it is, or was on its way, here: it comes and goes with it. What it has bound at home is not.</summary>
    /// <param name="machine">Whose.</param>
    /// <param name="state">The application's state folder.</param>
    public static IReadOnlyDictionary<string, string> Own(MachineLaunch machine, string state)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return machine.Mounts.Index()
            .Where(mount => mount.Item is { Kind: MountKind.Volume, Source: not null } || (mount.Item is { Kind: MountKind.Bind, Source: { } source } && IsBelow(source, Root(state, machine.Name))))
            .ToDictionary(mount => mount.Index.ToString(CultureInfo.InvariantCulture), mount => mount.Item.Source!);
    }

    private static string Root(string state, string machine) => Path.Combine(state, "machines", machine, FolderName);

    private static bool IsBelow(string path, string folder) => path.StartsWith(folder + "/", StringComparison.Ordinal);
}
