using System.ComponentModel;
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

    private const string Prefix = "CRIU-";
    private const string Family = "inet";

    /// <summary>Null: the dump made none.</summary>
    /// <param name="folder">Of a complete dump.</param>
    /// <exception cref="ImageException">Its inventory is damaged.</exception>
    public static string? NameOf(string folder)
    {
        string path = Path.Combine(folder, "inventory.img");
        var image = ImageFile.Load(path, ImageKind.Inventory);
        string run = image.Count > 0 ? image.Read(0, Inventory.Parser).RunId : throw new ImageException(path, 0, "it has no entry");
        return run.Length == 0 ? null : $"{Prefix}{run[..Math.Min(run.Length, RunCharacters)]}";
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
        Nft("add", "table", Family, name, ";", "delete", "table", Family, name);
    }

    /// <summary>The same of every dump in that namespace: a CRIU that was killed says nothing of its run.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="CriuException">They could not be taken away.</exception>
    public static int RemoveAll()
    {
        List<string> names = [.. Nft("list", "tables", Family).Split('\n').Select(line => line.Split(' ')).Where(words => words is ["table", Family, _] && words[2].StartsWith(Prefix, StringComparison.Ordinal)).Select(words => words[2])];
        foreach (string name in names)
        {
            Nft("delete", "table", Family, name);
        }

        return names.Count;
    }

    private static Process Start(string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("nft", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception exception)
        {
            throw new CriuException($"a table of CRIU's may keep packets away, and nft, which would take it away, does not start: {exception.Message}", inner: exception);
        }
    }

    private static string Nft(params string[] arguments)
    {
        using var nft = Start(arguments);
        string output = nft.StandardOutput.ReadToEnd();
        string error = nft.StandardError.ReadToEnd();
        nft.WaitForExit();
        return nft.ExitCode == 0 ? output : throw new CriuException($"a table of CRIU's may keep packets away: nft {string.Join(' ', arguments)}: {error.Trim()}");
    }
}
