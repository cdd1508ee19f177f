namespace Figment.Typestate;

/// <summary>
/// Which values belong together. Every linear value carries a brand: that of the object which it stands for, given where it was made and kept by its transitions.
/// On a parameter: the argument must carry the brand of the named one ("this" is what the method is called on), which makes a proof about another object an error (LIN011).
/// On a result or an <c>out</c> parameter: it carries the brand of the named one from then on; a pair of results names one for each part.
/// </summary>
/// <param name="names">Parameters of the same method.</param>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.ReturnValue)]
public sealed class SameBrandAttribute(params string[] names) : Attribute
{
    public IReadOnlyList<string> Names { get; } = names;
}
