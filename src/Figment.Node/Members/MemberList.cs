namespace Figment.Node.Members;

/// <summary>Who belongs to the cluster, as far as a node has heard. Of a name the newest word counts, whether it came in or went.</summary>
public sealed record MemberList
{
    /// <summary>Whoever is told so much tells rubbish.</summary>
    public const int NamesMax = 10_000;

    public IReadOnlyList<Member> Members { get; init; } = [];

    public IReadOnlyList<RemovedMember> Removed { get; init; } = [];

    public Member? Find(string name) => Members.FirstOrDefault(member => member.Name == name);

    /// <summary>When it was removed; null: it was not, or was let in again.</summary>
    public DateTimeOffset? RemovedAt(string name) => Removed.FirstOrDefault(removed => removed.Name == name)?.At;

    public MemberList With(Member member) => Merge(new MemberList { Members = [member] });

    public MemberList Without(string name, DateTimeOffset at) => Merge(new MemberList { Removed = [new RemovedMember(name, at)] });

    /// <summary>What both know. It does not matter who is asked first, nor how often.</summary>
    public MemberList Merge(MemberList other)
    {
        var removed = Removed.Concat(other.Removed).GroupBy(one => one.Name, StringComparer.Ordinal).Select(group => group.MaxBy(one => one.At)!).ToDictionary(one => one.Name, StringComparer.Ordinal);
        var members = Members.Concat(other.Members)
            .GroupBy(member => member.Name, StringComparer.Ordinal)
            .Select(group => group.MaxBy(member => (member.Since, member.Address.ToString()))!)
            .Where(member => !removed.TryGetValue(member.Name, out var gone) || gone.At < member.Since)
            .OrderBy(member => member.Name, StringComparer.Ordinal)
            .ToList();
        return new MemberList
        {
            Members = members,
            Removed = [.. removed.Values.Where(gone => members.TrueForAll(member => member.Name != gone.Name)).OrderBy(gone => gone.Name, StringComparer.Ordinal)],
        };
    }
}
