namespace Figment.Typestate;

/// <summary>
/// The member, or every member of the type, ends without an exception, a fault of the programmer aside (a null, an index out of range, a wrong cast: after those nothing is promised).
/// Only such members may be called while a linear value is live, unless a handler consumes the value. The bodies are checked (LIN009).
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface | AttributeTargets.Method | AttributeTargets.Constructor | AttributeTargets.Property | AttributeTargets.Delegate)]
public sealed class InfallibleAttribute : Attribute;
