namespace Figment.EndToEnd.Tests.Storms;

/// <summary>What a <see cref="Writer"/> has seen of one step.</summary>
/// <param name="Acknowledged">Values.</param>
/// <param name="Reconnects">How often its connection ended.</param>
/// <param name="Gap">The longest that it waited for an answer.</param>
/// <param name="Problem">Null: all is there, once, in its order.</param>
/// <param name="Lost">How its connections ended.</param>
internal sealed record Written(int Acknowledged, int Reconnects, TimeSpan Gap, string? Problem, string Lost);
