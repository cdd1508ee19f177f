namespace Figment.Api.Contract;

public sealed record AttachRequest
{
    public bool Stdin { get; init; }
}
