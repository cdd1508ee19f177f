namespace Figment.Box.Output;

/// <summary>One line of output, or a piece of a long one.</summary>
/// <param name="At">When it was complete.</param>
/// <param name="Stream"><c>stdout</c>, <c>stderr</c>, or <c>box</c> for the box's own notes.</param>
/// <param name="Line">Without the line feed.</param>
/// <param name="Partial">More of the line follows.</param>
internal readonly record struct LogRecord(DateTimeOffset At, string Stream, string Line, bool Partial);
