using System.Text;

namespace Figment.Linux.Trees;

/// <summary>What becomes of the attributes of one name, or of all names that begin alike.</summary>
internal sealed class AttributeRule
{
    private readonly byte[] _name;
    private readonly bool _isPrefix;
    private readonly TreeEntryKind[] _kinds;

    /// <param name="name">With <c>*</c> at its end: of all that begin so and go on.</param>
    /// <param name="treatment">What becomes of them.</param>
    /// <param name="kinds">On what they may be; on all else they are refused.</param>
    public AttributeRule(string name, AttributeTreatment treatment, params TreeEntryKind[] kinds)
    {
        _name = Encoding.ASCII.GetBytes(name.TrimEnd('*'));
        _isPrefix = name.EndsWith('*');
        (Treatment, _kinds) = (treatment, kinds);
    }

    public AttributeTreatment Treatment { get; }

    /// <summary>Empty: any.</summary>
    public string[] Values { get; init; } = [];

    /// <summary>With what every value begins.</summary>
    public byte[] Beginning { get; init; } = [];

    public bool IsFor(ReadOnlySpan<byte> name) => _isPrefix ? name.Length > _name.Length && name.StartsWith(_name) : name.SequenceEqual(_name);

    public bool IsOn(TreeEntryKind kind) => _kinds.Contains(kind);

    public bool Allows(ReadOnlySpan<byte> value)
    {
        bool isListed = Values.Length == 0;
        foreach (string allowed in Values)
        {
            isListed |= value.SequenceEqual(Encoding.ASCII.GetBytes(allowed));
        }

        return isListed && value.StartsWith(Beginning);
    }
}
