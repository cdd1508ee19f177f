using Figment.Migration.Images;
using Figment.Tests;
using Google.Protobuf;

namespace Figment.Migration.Tests;

public sealed class NetworkImagesTests(ITestOutputHelper output) : IDisposable
{
    private const uint Network = 10;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-network-").FullName;

    private string Inventory => Path.Combine(_folder, "inventory.img");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_trees_network_is_no_longer_that_of_criu_and_has_a_name()
    {
        byte[] ids = [.. new SharedIds { Network = Network }.ToByteArray(), 0x38, 11];
        File.WriteAllBytes(Inventory, Image(ids));

        NetworkImages.SetExternal(_folder, "network");

        var inventory = ImageFile.Load(Inventory, ImageKind.Inventory).Read(0, Figment.Migration.Images.Inventory.Parser);
        Assert.NotEqual(Network, inventory.RootIds.Network);
        Assert.Equal((1u, "run"), (inventory.ImageVersion, inventory.RunId));
        Assert.Equal([0x38, 11], inventory.RootIds.ToByteArray()[^2..]);
        Assert.Equal("network", ImageFile.Load(Path.Combine(_folder, "netns-10.img"), ImageKind.NetworkNamespace).Read(0, NetworkNamespaceEntry.Parser).Name);
    }

    [Fact]
    public void A_dump_that_does_not_say_where_criu_was_is_refused()
    {
        File.WriteAllBytes(Inventory, Image([]));

        Assert.Contains("in which network namespace CRIU was", Assert.Throws<ImageException>(() => NetworkImages.SetExternal(_folder, "network")).Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    [Trait("fuzz", "network-images")]
    public void No_bytes_break_it() =>
        new FuzzRun("network-images", output).Run(random =>
        {
            byte[] bytes = Image(new SharedIds { Network = Network }.ToByteArray());
            for (int changes = random.Next(1, 5); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(Inventory, bytes);
            try
            {
                NetworkImages.SetExternal(_folder, "network");
                return true;
            }
            catch (ImageException)
            {
                return false;
            }
        });

    private static byte[] Image(byte[] ids)
    {
        var inventory = new Inventory { ImageVersion = 1, RunId = "run" };
        if (ids.Length > 0)
        {
            inventory.RootIds = SharedIds.Parser.ParseFrom(ids);
        }

        var image = ImageFile.Empty("inventory.img", ImageKind.Inventory);
        image.Add(inventory);
        return image.ToBytes();
    }
}
