using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests;

/// <summary>Plain processes: proves the scenarios themselves.</summary>
[Trait("stage", "native")]
public sealed class NativeTests : ConformanceTests
{
    private protected override IStage Open(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment) => new NativeStage(files, environment);
}
