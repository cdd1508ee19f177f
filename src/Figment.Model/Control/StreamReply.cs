namespace Figment.Model.Control;

public sealed record StreamReply
{
    /// <summary>Null: frames follow.</summary>
    public string? Error { get; init; }

    /// <summary>With <see cref="Error"/>: 125, 126 or 127.</summary>
    public int? ExitCode { get; init; }
}
