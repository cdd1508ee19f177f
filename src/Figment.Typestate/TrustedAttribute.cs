namespace Figment.Typestate;

/// <summary>
/// What is marked may make linear values and let them go, and its body is not checked: the transitions themselves. The members of a linear type are trusted without it.
/// Keep it to where the bytes are written; everything that calls it is checked.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Method | AttributeTargets.Constructor)]
public sealed class TrustedAttribute : Attribute;
