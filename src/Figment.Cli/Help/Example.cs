namespace Figment.Cli.Help;

/// <param name="Line">To paste.</param>
/// <param name="Says">What it does.</param>
internal readonly record struct Example(string Line, string Says);
