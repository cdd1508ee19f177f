namespace Figment.Compose.Yaml;

/// <summary>Where something was written. Lines and columns from 1; 0 is "the whole".</summary>
internal readonly record struct Place(string File, int Line, int Column)
{
    /// <summary>The command line or the environment rather than a file.</summary>
    public static Place None => new(string.Empty, 0, 0);
}
