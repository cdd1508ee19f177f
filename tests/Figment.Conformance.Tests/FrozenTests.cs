using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests;

/// <summary>The same, but whatever is quiet for sixteen seconds is frozen, heartbeats or not, and in the end everything is.</summary>
[Trait("stage", "frozen")]
[Trait("tier", "full")]
public sealed class FrozenTests(FigmentTests.NodeFixture fixture) : ConformanceTests, IClassFixture<FigmentTests.NodeFixture>
{
    private static string Policy => Path.Combine(Repository.Root, "tests", "Figment.Conformance.Tests", "Scenarios", "frozen.yaml");

    private protected override IStage Open(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment) =>
        new FigmentStage(fixture.Node, [.. files, Policy], environment) { AllFreeze = true };
}
