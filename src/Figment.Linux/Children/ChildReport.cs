using Figment.Linux.Errors;

namespace Figment.Linux.Children;

/// <summary>What a child told of one of its steps.</summary>
/// <param name="Label">The step, in words.</param>
/// <param name="Error"><see cref="Errno.None"/>: it succeeded and <paramref name="Result"/> is its result.</param>
/// <param name="Result">What the call returned.</param>
/// <param name="Ended">The child ended because of it.</param>
public readonly record struct ChildReport(string Label, Errno Error, long Result, bool Ended);
