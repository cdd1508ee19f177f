using System.Globalization;

namespace Figment.Migration.Images;

/// <summary>
/// Says in a dump that its network namespace is one that the restore is given. CRIU says so by itself where it is in another namespace, but then looks through the node's whole table of connections, twice,
/// which takes it some 20 ms while the tree stands still. In the tree's own it takes the namespace for the node's.
/// </summary>
internal static class NetworkImages
{
    /// <summary>Of a dump that was made from within the namespace.</summary>
    /// <param name="folder">Of the dump.</param>
    /// <param name="name">By which the restore finds it.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static void SetExternal(string folder, string name)
    {
        string path = Path.Combine(folder, "inventory.img");
        var image = ImageFile.Load(path, ImageKind.Inventory);
        var inventory = image.Count > 0 ? image.Read(0, Inventory.Parser) : throw new ImageException(path, 0, "it has no entry");
        if (inventory.RootIds is not { HasNetwork: true } ids)
        {
            throw new ImageException(path, 0, "it does not say in which network namespace CRIU was");
        }

        var network = ImageFile.Empty(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"netns-{ids.Network}.img")), ImageKind.NetworkNamespace);
        network.Add(new NetworkNamespaceEntry { Name = name });
        network.Save(network.Name);

        // Another number than the tree's: then it is the tree's own. CRIU counts from 1.
        ids.Network = uint.MaxValue;
        image.Replace(0, inventory);
        image.Save(path);
    }
}
