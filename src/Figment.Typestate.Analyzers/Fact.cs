namespace Figment.Typestate.Analyzers;

/// <summary>What a variable may hold at one point: on some paths nothing yet, on some a live value, on some one that was consumed.</summary>
[Flags]
internal enum Liveness
{
    Absent = 1,
    Live = 2,
    Moved = 4,
}

/// <summary>What is known of one variable at one point.</summary>
internal readonly record struct Fact(Liveness Liveness, Brand Brand)
{
    public static readonly Fact Absent = new(Liveness.Absent, Brand.Unknown);

    public bool MayBeLive => (Liveness & Liveness.Live) != 0;

    public bool MayBeMoved => (Liveness & Liveness.Moved) != 0;

    /// <summary>What holds whichever path was taken. A path on which there is no value says nothing about the brand.</summary>
    public Fact Joined(Fact other) => new(
        Liveness | other.Liveness,
        !MayBeLive ? other.Brand : !other.MayBeLive ? Brand : Brand.Joined(other.Brand));
}
