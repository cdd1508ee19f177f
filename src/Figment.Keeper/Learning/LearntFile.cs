namespace Figment.Keeper.Learning;

/// <summary>Content of <c>learnt.json</c>.</summary>
public sealed record LearntFile
{
    public IReadOnlyDictionary<string, IReadOnlyList<LearntPort>> Services { get; init; } = new Dictionary<string, IReadOnlyList<LearntPort>>();
}
