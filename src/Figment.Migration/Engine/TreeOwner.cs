using System.Globalization;
using Figment.Linux.Credentials;
using Figment.Migration.Criu;

namespace Figment.Migration.Engine;

/// <summary>
/// As whom CRIU must run to dump a tree. To read limits (prlimit(2)) it must be of the same user and group, or have CAP_SYS_RESOURCE, which root in a sandbox may lack:
/// then it runs as the tree's one user, with all other capabilities.
/// </summary>
internal static class TreeOwner
{
    private const string Capability = "SYS_RESOURCE";

    /// <summary>Of util-linux, which every distribution has.</summary>
    private const string SetPriv = "/usr/bin/setpriv";

    private const string Capabilities = "+all,-sys_resource";

    /// <summary>How CRIU is to be started; the same if it may run as this process does.</summary>
    /// <param name="start">As this process.</param>
    /// <param name="owner">The tree's one user and group; null: root's, or anybody's where that does not matter.</param>
    public static CriuStart As(CriuStart start, (uint User, uint Group)? owner) => owner is not var (user, group)
        ? start
        : start with
        {
            Program = SetPriv,
            Arguments =
            [
                SetPriv, "--reuid", Number(user), "--regid", Number(group), "--clear-groups", "--inh-caps", Capabilities, "--ambient-caps", Capabilities, "--", start.Program, .. start.Arguments.Skip(1),
            ],
        };

    /// <summary>Whom CRIU must run as; null: as this process.</summary>
    /// <exception cref="CriuException">The tree has processes of several users.</exception>
    public static (uint User, uint Group)? Of(int pid) => Of(pid, CapabilitySet.OwnPermitted());

    /// <summary>The same, of somebody with these capabilities.</summary>
    /// <exception cref="CriuException">The tree has processes of several users.</exception>
    internal static (uint User, uint Group)? Of(int pid, CapabilitySet permitted) => permitted.Contains(Capability) ? null : One(Identities(pid));

    /// <summary>Whom CRIU without that capability must run as.</summary>
    /// <exception cref="CriuException">They are several.</exception>
    internal static (uint User, uint Group)? One(IReadOnlyCollection<(uint User, uint Group)> identities) => identities.Distinct().ToList() switch
    {
        [] or [(0, 0)] => null,
        [var one] => one,
        var several => throw new CriuException(
            $"its processes run as several users ({string.Join(", ", several.Select(one => $"{one.User}:{one.Group}"))}), which takes CAP_{Capability}, and this node's root lacks it; run them as one user (user: in the Compose file)"),
    };

    /// <summary>Real, effective and saved ones, of the process and all below it.</summary>
    private static List<(uint User, uint Group)> Identities(int first)
    {
        List<(uint, uint)> found = [];
        Queue<int> left = new([first]);
        while (left.TryDequeue(out int pid))
        {
            try
            {
                string[] status = File.ReadAllLines($"/proc/{pid}/status");
                found.AddRange(Numbers(status, "Uid:").Zip(Numbers(status, "Gid:")));
                foreach (string thread in Directory.EnumerateDirectories($"/proc/{pid}/task"))
                {
                    foreach (string child in File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    {
                        left.Enqueue(int.Parse(child, CultureInfo.InvariantCulture));
                    }
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }

    /// <summary>Without the last one, which is of file systems.</summary>
    private static IEnumerable<uint> Numbers(string[] status, string key) =>
        status.First(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..].Split('\t', StringSplitOptions.RemoveEmptyEntries).SkipLast(1).Select(number => uint.Parse(number, CultureInfo.InvariantCulture));

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
