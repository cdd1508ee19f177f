namespace Figment.Api.Contract;

/// <summary>A node of the cluster, as the one that was asked sees it.</summary>
public sealed record NodeView
{
    public required string Name { get; init; }

    /// <summary>Address and port where other nodes reach it.</summary>
    public required string Address { get; init; }

    /// <summary>When it was let in.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>It lets further nodes in.</summary>
    public bool HasAuthority { get; init; }

    /// <summary>It is the one that was asked.</summary>
    public bool IsThis { get; init; }

    /// <summary>Of Figment there; null: it did not answer.</summary>
    public string? Version { get; init; }

    /// <summary>Why it did not answer.</summary>
    public string? Complaint { get; init; }
}
