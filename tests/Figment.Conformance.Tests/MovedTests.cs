using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests;

/// <summary>The same, but before each step a machine moves to another node or back, and in the end all have been there and answer at home.</summary>
[Trait("stage", "moved")]
[Trait("tier", "full")]
public sealed class MovedTests(NodePairFixture fixture) : ConformanceTests, IClassFixture<NodePairFixture>
{
    private protected override IStage Open(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment) => new FigmentStage(fixture.Nodes.A, files, environment) { MovesBetween = fixture.Nodes };
}
