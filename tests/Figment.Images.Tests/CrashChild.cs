namespace Figment.Images.Tests;

/// <summary>What the process does that <see cref="CrashTests"/> kills. It has nothing of its own to clean up.</summary>
public sealed class CrashChild
{
    internal const string StoreVariable = "FIGMENT_TEST_CRASH_STORE";
    internal const string ReferenceVariable = "FIGMENT_TEST_CRASH_REFERENCE";

    /// <summary>Explicit: run by that test only.</summary>
    [Fact(Explicit = true)]
    public async Task Pulls()
    {
        string? store = Environment.GetEnvironmentVariable(StoreVariable);
        Assert.NotNull(store);
        Assert.True(ImageReference.TryParse(Environment.GetEnvironmentVariable(ReferenceVariable) ?? "", out var reference, out string? error), error);
        await new ImageStore(store, TimeProvider.System).PullAsync(reference, new PullOptions(), TestContext.Current.CancellationToken);
    }
}
