namespace Figment.Api.Contract;

public sealed record DoctorView
{
    public IReadOnlyList<DoctorCheck> Checks { get; init; } = [];
}
