namespace Figment.Cli.Output;

/// <summary>One published port in <c>figment port --json</c>.</summary>
internal sealed record PortRow
{
    public required string Application { get; init; }

    public required string Machine { get; init; }

    /// <summary><c>80/tcp</c>.</summary>
    public required string Port { get; init; }

    /// <summary>Address and port on the node.</summary>
    public required string Published { get; init; }
}
