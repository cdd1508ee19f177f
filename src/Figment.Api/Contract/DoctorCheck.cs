namespace Figment.Api.Contract;

public sealed record DoctorCheck
{
    public required string Name { get; init; }

    public required CheckResult Result { get; init; }

    public required string Found { get; init; }

    /// <summary>What to do, where it is not <see cref="CheckResult.Ok"/>.</summary>
    public string? Hint { get; init; }
}
