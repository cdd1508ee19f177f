namespace Figment.Api.Contract;

/// <summary>One line of a stream about work under way. The last line has <see cref="Done"/> or <see cref="Error"/>.</summary>
public sealed record ProgressLine
{
    /// <summary>What it is about: <c>image redis</c>, <c>network default</c>, <c>machine web-1</c>.</summary>
    public string? Subject { get; init; }

    /// <summary>What is being done or was done, one or two words: <c>pulling</c>, <c>imaginary</c>, <c>removed</c>.</summary>
    public string? Status { get; init; }

    public long? Current { get; init; }

    public long? Total { get; init; }

    /// <summary>Said once each: something that the user should know.</summary>
    public string? Warning { get; init; }

    /// <summary>Last line, all is well. After <c>up</c> with the application.</summary>
    public bool Done { get; init; }

    public ApplicationView? Application { get; init; }

    /// <summary>After a pull or load.</summary>
    public IReadOnlyList<ImageView>? Images { get; init; }

    /// <summary>After a checkpoint.</summary>
    public CheckpointView? Checkpoint { get; init; }

    /// <summary>After a clone.</summary>
    public CloneView? Cloned { get; init; }

    /// <summary>After a restore.</summary>
    public RestoreView? Restore { get; init; }

    /// <summary>Of a move: how far it has come.</summary>
    public MoveView? Move { get; init; }

    public ApiError? Error { get; init; }
}
