using Figment.Linux.Errors;

namespace Figment.Linux.Seccomp;

/// <summary>One call that a machine's programs are refused.</summary>
/// <param name="Call">Its name.</param>
/// <param name="Number">Its number on x86-64.</param>
/// <param name="Error">What it gets.</param>
/// <param name="Unless">Allowed to a machine that keeps this capability; null: never.</param>
/// <param name="Reason">Why.</param>
/// <param name="FirstArgumentFlags">Refused only with one of these flags in the first argument; 0: always.</param>
public sealed record DenyRule(string Call, int Number, Errno Error, string? Unless, string Reason, uint FirstArgumentFlags = 0);
