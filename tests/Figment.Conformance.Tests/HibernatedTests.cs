using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests;

/// <summary>The same, but whatever is quiet for sixteen seconds goes to storage, heartbeats or not; in the end everything does that can, and comes back from there.</summary>
[Trait("stage", "hibernated")]
[Trait("tier", "full")]
public sealed class HibernatedTests(FigmentTests.NodeFixture fixture) : ConformanceTests, IClassFixture<FigmentTests.NodeFixture>
{
    private static string Policy => Path.Combine(Repository.Root, "tests", "Figment.Conformance.Tests", "Scenarios", "hibernated.yaml");

    private protected override IStage Open(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment) =>
        new FigmentStage(fixture.Node, [.. files, Policy], environment) { AllHibernate = true };
}
