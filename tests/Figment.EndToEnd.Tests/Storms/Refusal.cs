namespace Figment.EndToEnd.Tests.Storms;

/// <summary>A request that a machine did not answer, or a span in which that is nobody's fault.</summary>
internal sealed record Refusal(string Machine, DateTimeOffset Begin, DateTimeOffset End, string How);
