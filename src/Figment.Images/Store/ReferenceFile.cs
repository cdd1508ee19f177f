using System.Text.Json;

namespace Figment.Images.Store;

/// <summary>The map from names to image ids. Readers see the last whole version; writers take turns.</summary>
internal sealed class ReferenceFile(StoreFolders folders, StoreLocks locks)
{
    public SortedDictionary<string, string> Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(folders.References), StoreJson.Default.SortedDictionaryStringString) ?? [];
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    /// <summary>The change says whether it changed anything.</summary>
    public bool Change(Func<SortedDictionary<string, string>, bool> change)
    {
        using var turn = locks.References();
        var map = Read();
        if (!change(map))
        {
            return false;
        }

        AtomicFile.Write(folders, folders.References, JsonSerializer.SerializeToUtf8Bytes(map, StoreJson.Default.SortedDictionaryStringString));
        return true;
    }
}
