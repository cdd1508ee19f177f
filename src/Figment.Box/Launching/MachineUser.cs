using System.Globalization;

namespace Figment.Box.Launching;

/// <summary>Whom a program runs as.</summary>
internal sealed record MachineUser
{
    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    public required IReadOnlyList<uint> Groups { get; init; }

    public required string Home { get; init; }

    /// <summary>Reads <c>/etc/passwd</c> and <c>/etc/group</c> of the calling thread's root.</summary>
    public static MachineUser Resolve(string? user, IReadOnlyList<string> additionalGroups) =>
        Resolve(user, additionalGroups, Lines("/etc/passwd"), Lines("/etc/group"));

    /// <param name="user"><c>user[:group]</c>, names or numbers; null: root.</param>
    /// <param name="additionalGroups">Names or numbers.</param>
    /// <param name="passwd">Lines of passwd(5).</param>
    /// <param name="groups">Lines of group(5).</param>
    internal static MachineUser Resolve(string? user, IReadOnlyList<string> additionalGroups, IReadOnlyList<string> passwd, IReadOnlyList<string> groups)
    {
        string[] parts = (string.IsNullOrEmpty(user) ? "0" : user).Split(':', 2);
        string[]? entry = passwd.Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length >= 6 && (fields[0] == parts[0] || fields[2] == parts[0]));
        if (entry is null && !IsNumber(parts[0]))
        {
            throw new LaunchFailedException(LaunchFailedException.Machine, $"user {parts[0]}: the machine's /etc/passwd has no such user; name one that it has, or a number");
        }

        string? name = entry?[0];
        uint uid = Number(entry?[2] ?? parts[0]);
        bool explicitGroup = parts.Length == 2 && parts[1].Length > 0;
        uint gid = explicitGroup ? Group(parts[1], groups) : entry is null ? 0 : Number(entry[3]);
        var supplementary = additionalGroups.Select(group => Group(group, groups));
        if (!explicitGroup && name is not null)
        {
            supplementary = supplementary.Concat(
                groups.Select(line => line.Split(':')).Where(fields => fields.Length >= 4 && fields[3].Split(',').Contains(name)).Select(fields => Number(fields[2])));
        }

        return new MachineUser { Uid = uid, Gid = gid, Groups = [.. supplementary.Where(group => group != gid).Distinct()], Home = entry is { } found && found[5].Length > 0 ? found[5] : "/" };
    }

    private static uint Group(string group, IReadOnlyList<string> groups)
    {
        string[]? entry = groups.Select(line => line.Split(':')).FirstOrDefault(fields => fields.Length >= 3 && fields[0] == group);
        return entry is not null ? Number(entry[2])
            : IsNumber(group) ? Number(group)
            : throw new LaunchFailedException(LaunchFailedException.Machine, $"group {group}: the machine's /etc/group has no such group; name one that it has, or a number");
    }

    private static bool IsNumber(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static uint Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
        ? number
        : throw new LaunchFailedException(LaunchFailedException.Machine, $"the machine's /etc/passwd or /etc/group has the id '{text}', which is no number");

    private static string[] Lines(string path) => File.Exists(path) ? File.ReadAllLines(path) : [];
}
