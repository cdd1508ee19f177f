namespace Figment.Machines.States;

/// <summary>The snapshot from which machines of one kind begin, see <see cref="Figment.Model.Launch.MachineLaunch.Kind"/>.</summary>
public sealed record KindSnapshot
{
    /// <summary>It is on storage, complete.</summary>
    public bool IsThere { get; init; }

    /// <summary>Why there is none, if one was to be taken or used and that failed.</summary>
    public string? Missing { get; init; }

    /// <summary>How often in a row.</summary>
    public int Failures { get; init; }

    /// <summary>None is taken before.</summary>
    public long NotBeforeMs { get; init; }
}
