namespace Figment.Compose;

/// <summary>The files that a load may see. Paths given to it are absolute and normalised, or <c>-</c> for standard input.</summary>
public interface IComposeFiles
{
    /// <summary>Absolute.</summary>
    string CurrentDirectory { get; }

    /// <summary>True for a file that can be opened, false for folders and what is missing.</summary>
    bool Exists(string path);

    /// <summary>Reads all of a file, or says why not; never throws for a bad path. More than <paramref name="bytesMax"/> bytes is a failure.</summary>
    FileContent Read(string path, int bytesMax);
}
