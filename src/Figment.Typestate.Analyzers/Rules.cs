using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Figment.Typestate.Analyzers;

/// <summary>The rules. All are errors and none can be turned off: a promise about order that a project setting can lift is none.</summary>
internal static class Rules
{
    public static readonly DiagnosticDescriptor UseAfterMove = Rule(
        "LIN001", "Use after move", "'{0}' of linear type '{1}' may already have been consumed here");

    public static readonly DiagnosticDescriptor NotConsumed = Rule(
        "LIN002", "Not consumed", "'{0}' of linear type '{1}' is not consumed on every path that leaves its scope");

    public static readonly DiagnosticDescriptor Overwritten = Rule(
        "LIN003", "Overwritten while live", "'{0}' of linear type '{1}' is overwritten while it still holds a value that nobody consumed");

    public static readonly DiagnosticDescriptor Discarded = Rule(
        "LIN004", "Result discarded", "A value of linear type '{0}' is discarded: consume it or keep it in a variable");

    public static readonly DiagnosticDescriptor Forged = Rule(
        "LIN005", "Forged", "A value of linear type '{0}' is made by its own members and by [Trusted] ones only, not by 'new' or 'default' here");

    public static readonly DiagnosticDescriptor Escapes = Rule(
        "LIN006", "Escapes", "'{0}' of linear type '{1}' would escape the check: {2}");

    public static readonly DiagnosticDescriptor Thrown = Rule(
        "LIN007", "Lost to an exception", "'{0}' of linear type '{1}' is still live where an exception is thrown and no handler consumes it");

    public static readonly DiagnosticDescriptor Fallible = Rule(
        "LIN008", "Fallible call", "'{0}' may throw while '{1}' of linear type '{2}' is live: call it before, mark it [Infallible], or consume the value in a handler");

    public static readonly DiagnosticDescriptor NotInfallible = Rule(
        "LIN009", "Not infallible", "'{0}' is marked [Infallible], and {1}");

    public static readonly DiagnosticDescriptor Stored = Rule(
        "LIN010", "Stored", "'{0}' holds a value of linear type '{1}' and is not linear itself");

    public static readonly DiagnosticDescriptor WrongBrand = Rule(
        "LIN011", "Wrong object", "'{0}' is not known to belong to '{1}', as '{2}' demands");

    public static readonly DiagnosticDescriptor ContractDiffers = Rule(
        "LIN012", "Contract differs", "'{0}' stands in for '{1}' and differs from it in {2}");

    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
    [
        UseAfterMove, NotConsumed, Overwritten, Discarded, Forged, Escapes, Thrown, Fallible, NotInfallible, Stored, WrongBrand, ContractDiffers,
    ];

    private static DiagnosticDescriptor Rule(string id, string title, string message) =>
        new(id, title, message, "Linear", DiagnosticSeverity.Error, isEnabledByDefault: true, customTags: WellKnownDiagnosticTags.NotConfigurable);
}
