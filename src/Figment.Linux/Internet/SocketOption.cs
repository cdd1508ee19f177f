namespace Figment.Linux.Internet;

/// <summary>An option that is carried from a program's own socket to the placeholder that takes its place.</summary>
/// <param name="Name">As the man page calls it.</param>
/// <param name="Level">SOL_*.</param>
/// <param name="Number">To read it.</param>
/// <param name="Bytes">Size of its value.</param>
/// <param name="SetNumber">To set it, where that differs.</param>
/// <param name="HalveOnSet">The kernel doubles what is set.</param>
internal sealed record SocketOption(string Name, int Level, int Number, int Bytes = 4, int? SetNumber = null, bool HalveOnSet = false);
