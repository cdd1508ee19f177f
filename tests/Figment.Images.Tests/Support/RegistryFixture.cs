namespace Figment.Images.Tests.Support;

/// <summary>One real registry with the busybox image, for all tests of a class.</summary>
public sealed class RegistryFixture : IAsyncLifetime
{
    internal TemporaryFolder Folder { get; } = new();

    internal string Layout { get; private set; } = "";

    internal DebianRegistry Registry { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Layout = BusyboxImage.Make(Folder);
        Registry = await DebianRegistry.StartAsync();
        Registry.Push(Layout, "1", "tools/busybox:1");
    }

    public ValueTask DisposeAsync()
    {
        Registry.Dispose();
        Folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
