namespace Figment.Linux.Consoles;

/// <summary>Size of a terminal in characters.</summary>
public readonly record struct WindowSize(int Columns, int Rows);
