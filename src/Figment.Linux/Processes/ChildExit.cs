namespace Figment.Linux.Processes;

/// <param name="Code">0 to 255 as a shell shows it: 128 + n after signal n.</param>
/// <param name="Signal">The signal that ended it, if one did.</param>
public readonly record struct ChildExit(int Code, int? Signal);
