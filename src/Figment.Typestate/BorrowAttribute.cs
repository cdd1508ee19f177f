namespace Figment.Typestate;

/// <summary>
/// The method looks at a linear value and leaves it to its owner. On a parameter: that parameter, as <c>in</c> does by itself.
/// On a method: the value that it is called on.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Method)]
public sealed class BorrowAttribute : Attribute;
