namespace Figment.Cluster.Grains;

/// <summary>What the application's grain keeps.</summary>
[GenerateSerializer]
[Alias("figment.desired")]
public sealed record DesiredApplication
{
    /// <summary>Wanted up; false also before the first <c>up</c>.</summary>
    [Id(0)]
    public bool Up { get; init; }

    /// <summary>Counts the changes of what is wanted.</summary>
    [Id(1)]
    public long Generation { get; init; }

    /// <summary>The application as JSON, without the content of secrets; empty when it is not wanted.</summary>
    [Id(2)]
    public string Spec { get; init; } = string.Empty;

    /// <summary>The command that was handled last: the same one again changes nothing.</summary>
    [Id(3)]
    public string LastOperation { get; init; } = string.Empty;
}
