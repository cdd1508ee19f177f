namespace Figment.Api.Contract;

public sealed record ActionRequest
{
    /// <summary>kill, stop: number.</summary>
    public int? Signal { get; init; }

    public long? GraceMs { get; init; }

    /// <summary>stop: leave it imaginary (the next signal starts it) instead of stopped.</summary>
    public bool ToImaginary { get; init; }
}
