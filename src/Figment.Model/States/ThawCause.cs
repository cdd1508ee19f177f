namespace Figment.Model.States;

/// <summary>Why a frozen machine goes on.</summary>
public enum ThawCause
{
    /// <summary>Something that it waits for came: data, a client, a timer descriptor.</summary>
    Data,

    /// <summary>A wait of it ends.</summary>
    Timer,

    /// <summary>It was asked for: a user's command, a stop, a health check.</summary>
    Asked,

    /// <summary>A machine that beats with it could not be frozen: it is as quiet as it was.</summary>
    Undone,
}
