using Figment.Conformance.Tests.Stages;
using Xunit.Sdk;

namespace Figment.Conformance.Tests.Playing;

/// <summary>Compose files, steps, and the transcript that both kinds of stage must give (<c>Scenarios/NAME/transcript.txt</c>).</summary>
internal sealed record Scenario
{
    public required string Name { get; init; }

    public required Func<Play, Task> Steps { get; init; }

    /// <summary>An example that is played; null: <c>Scenarios/NAME/compose.yaml</c>.</summary>
    public string? Example { get; init; }

    /// <summary>False: all steps come from outside.</summary>
    public bool HasClient { get; init; } = true;

    /// <summary>Variables of the Compose file beside the common ones.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>A scenario that takes longer than this hangs: the slowest takes a quarter of it.</summary>
    public static readonly TimeSpan TimeoutLimit = TimeSpan.FromSeconds(120);

    private static string ScenariosFolder => Path.Combine(Repository.Root, "tests", "Figment.Conformance.Tests", "Scenarios");

    private string TranscriptFile => Path.Combine(ScenariosFolder, Name, "transcript.txt");

    private IReadOnlyList<string> Files =>
    [
        Example is null ? Path.Combine(ScenariosFolder, Name, "compose.yaml") : Path.Combine(Repository.Root, "examples", Example, "compose.yaml"),
        .. HasClient ? [Path.Combine(ScenariosFolder, "client.yaml")] : Array.Empty<string>(),
    ];

    public async Task PlayAsync(Func<IReadOnlyList<string>, IReadOnlyDictionary<string, string>, IStage> open, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeoutLimit);
        Dictionary<string, string> variables = new(Variables) { ["CONFORMANCE_CLIENTS"] = Path.Combine(ScenariosFolder, "clients") };
        IStage stage = open(Files, variables);
        Exception? failure = await PlayOnAsync(stage, limit.Token);
        try
        {
            await stage.DisposeAsync();
        }
        catch (Exception error) when (failure is not null)
        {
            // The first failure is the interesting one, and most often the cause of this one.
            throw new AggregateException(failure, error);
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private async Task<Exception?> PlayOnAsync(IStage stage, CancellationToken cancellation)
    {
        var play = new Play(stage, cancellation);
        try
        {
            await stage.UpAsync(cancellation);
            await Steps(play);
            await stage.VerifyAsync(cancellation);
            CompareTranscript(play.Transcript);
            return null;
        }
        catch (Exception error) when (error is InvalidOperationException or TimeoutException or OperationCanceledException or XunitException)
        {
            return new InvalidOperationException($"{Name}: {error.Message}\n--- played so far\n{play.Transcript}\n{await DescribeAsync(stage)}", error);
        }
    }

    private static async Task<string> DescribeAsync(IStage stage)
    {
        try
        {
            return await stage.DescribeAsync(CancellationToken.None);
        }
        catch (InvalidOperationException error)
        {
            return $"the stage cannot be described: {error.Message}";
        }
    }

    private void CompareTranscript(string transcript)
    {
        string received = Path.Combine(Repository.Root, "artifacts", "conformance", Name + ".received.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(received)!);
        File.WriteAllText(received, transcript);
        Assert.True(File.Exists(TranscriptFile), $"{TranscriptFile} is missing; if {received} is right, copy it there");
        Assert.Equal(File.ReadAllText(TranscriptFile), transcript);
    }
}
