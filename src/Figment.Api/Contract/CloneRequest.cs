namespace Figment.Api.Contract;

public sealed record CloneRequest
{
    /// <summary>Of the new machine; null: <c>SERVICE-clone-N</c>.</summary>
    public string? Name { get; init; }
}
