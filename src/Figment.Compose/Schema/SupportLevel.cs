namespace Figment.Compose.Schema;

internal enum SupportLevel
{
    Works,

    /// <summary>Known to Compose, not acted on: the compatibility mode decides.</summary>
    Warns,

    /// <summary>Obsolete in Compose itself: a warning, and in strict mode no more than that.</summary>
    Obsolete,

    /// <summary>An error in every mode: going on without it would not be what the user asked for.</summary>
    Refused,
}
