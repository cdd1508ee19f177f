using System.Net;
using System.Net.Sockets;
using Figment.Linux.Files;
using Figment.Linux.Placeholders;
using Figment.Linux.Sockets;

namespace Figment.Linux.Tests.Sockets;

/// <summary>Descriptors that nobody else has when they arrive.</summary>
public sealed class ParcelTests
{
    [Fact]
    public void Whoever_closes_the_listener_of_a_parcel_finds_its_port_free_while_the_parcel_is_still_the_senders()
    {
        int port = FreePort();
        using var parcel = Parcel.Pack([PlaceholderSocket.Listen(port, dualStack: false)]);
        using var sent = FileCalls.Duplicate(parcel);

        Assert.Single(Parcel.Open(sent)).Dispose();

        using var again = new TcpListener(IPAddress.Any, port);
        again.Start();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    public void What_is_put_in_comes_out_in_order(int count)
    {
        string folder = Directory.CreateTempSubdirectory("figment-parcel-").FullName;
        try
        {
            Descriptor[] files = [.. Enumerable.Range(0, count).Select(index =>
            {
                string file = Path.Combine(folder, $"{index:000}");
                File.WriteAllText(file, "");
                return FileCalls.Open(file, FileCalls.O_RDONLY);
            })];

            var contents = Parcel.Open(Parcel.Pack(files));

            Assert.All(files, file => Assert.True(file.IsClosed));
            Assert.Equal(Enumerable.Range(0, count).Select(index => $"{index:000}"), contents.Select(file => Path.GetFileName(File.ResolveLinkTarget($"/proc/self/fd/{file.Number}", returnFinalTarget: false)!.Name)));
            foreach (var file in contents)
            {
                file.Dispose();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
