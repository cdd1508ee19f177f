namespace Figment.Api.Contract;

public sealed record ApiError
{
    /// <summary>For programs; see <see cref="ErrorCode"/>.</summary>
    public required ErrorCode Code { get; init; }

    /// <summary>What failed, on which object, why.</summary>
    public required string Message { get; init; }

    /// <summary>What to do next, a command where there is one.</summary>
    public string? Hint { get; init; }

    /// <summary>For exec and run: 125, 126 or 127.</summary>
    public int? ExitCode { get; init; }
}
