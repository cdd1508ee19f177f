namespace Figment.Typestate;

/// <summary>The members of a type that is not ours to mark end without an exception. An assumption: nothing checks it.</summary>
/// <param name="type">The type; an open generic one stands for all that are made of it.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class AssumeInfallibleAttribute(Type type) : Attribute
{
    public Type Type { get; } = type;
}
