namespace Figment.Typestate;

/// <summary>
/// A value of this type is consumed exactly once on every path: handed on by value, returned, or assigned to another variable, which then holds it.
/// On a type parameter: the parameter may stand for a linear type, and its values are treated as linear.
/// The rules are LIN001 to LIN012 of Figment.Typestate.Analyzers.
/// </summary>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.GenericParameter)]
public sealed class LinearAttribute : Attribute;
