using System.Diagnostics;
using Figment.Migration.Criu;
using Figment.Migration.Images;

namespace Figment.Migration.Engine;

/// <summary>
/// The nftables table by which CRIU keeps packets away from a tree that is dumped. A dump that is called off takes it away, and so does a restore in the same network namespace;
/// after a dump that was committed it stays where the tree was, and drops whatever comes there later.
/// </summary>
public static class LockTable
{
    /// <summary>CRIU has room for so much of its run's name.</summary>
    private const int RunCharacters = 21;

    /// <summary>Null: the dump made none.</summary>
    /// <param name="folder">Of a complete dump.</param>
    /// <exception cref="ImageException">Its inventory is damaged.</exception>
    public static string? NameOf(string folder)
    {
        string path = Path.Combine(folder, "inventory.img");
        var image = ImageFile.Load(path, ImageKind.Inventory);
        string run = image.Count > 0 ? image.Read(0, Inventory.Parser).RunId : throw new ImageException(path, 0, "it has no entry");
        return run.Length == 0 ? null : $"CRIU-{run[..Math.Min(run.Length, RunCharacters)]}";
    }

    /// <summary>Packets pass again in the calling thread's network namespace. Without such a table nothing happens.</summary>
    /// <exception cref="CriuException">It could not be taken away.</exception>
    public static void Remove(string folder)
    {
        if (NameOf(folder) is not { } name)
        {
            return;
        }

        // "add" before "delete": what is not there is no error.
        using var nft = Process.Start(new ProcessStartInfo("nft", ["add", "table", "inet", name, ";", "delete", "table", "inet", name]) { RedirectStandardError = true })!;
        string error = nft.StandardError.ReadToEnd();
        nft.WaitForExit();
        if (nft.ExitCode != 0)
        {
            throw new CriuException($"the table inet {name} keeps packets away and could not be removed: {error.Trim()}; try: nft delete table inet {name}");
        }
    }
}
