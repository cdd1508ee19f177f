using Figment.Images.Tests.Support;

namespace Figment.EndToEnd.Tests;

/// <summary>Services of images, pulled from Debian's docker-registry.</summary>
public sealed class ImageTests : IDisposable
{
    private readonly FigmentNode _node = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _node.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_service_of_an_image_is_pulled_once_and_woken_by_a_request()
    {
        using var registry = await PushedAsync("site:1");
        int port = Client.FreePort();
        string compose = Site($"127.0.0.1:{registry.Port}/site:1", port);
        _node.Up("site", compose);
        Assert.Empty(_node.Processes("figment-box"));

        string answer = await FetchAsync(port);
        _node.Run("exec", "-p", "site", "web-1", "/bin/sh", "-c", "echo mine > /tmp/mine");

        Assert.Equal("second\n", answer);
        Assert.Contains("site", _node.Run("images"), StringComparison.Ordinal);

        // Present now: the registry is no longer asked.
        _node.Down("site");
        registry.Dispose();
        _node.Up("site", compose);
        Assert.Equal("second\n", await FetchAsync(port));
        Assert.NotEqual(0, _node.Try("exec", "-p", "site", "web-1", "/bin/cat", "/tmp/mine").Code);
    }

    [Fact]
    public async Task An_image_that_is_not_there_is_named_and_nothing_stays()
    {
        using var registry = await PushedAsync("site:1");

        string errors = _node.FailingUp("absent", Site($"127.0.0.1:{registry.Port}/site:2", Client.FreePort()));

        Assert.Contains($"127.0.0.1:{registry.Port}/site:2", errors, StringComparison.Ordinal);
        Assert.Contains("hint:", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_whose_bytes_are_not_its_digests_is_refused()
    {
        using var registry = await PushedAsync("site:1");
        var largest = new DirectoryInfo(registry.DataFolder).EnumerateFiles("data", SearchOption.AllDirectories).MaxBy(file => file.Length)!;
        byte[] bytes = File.ReadAllBytes(largest.FullName);
        bytes[^20] ^= 1;
        File.WriteAllBytes(largest.FullName, bytes);

        string errors = _node.FailingUp("forged", Site($"127.0.0.1:{registry.Port}/site:1", Client.FreePort()));

        Assert.Contains($"sha256:{largest.Directory!.Name}", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_is_full_during_a_pull_is_said_and_the_pull_goes_on_when_there_is_room()
    {
        using var registry = await PushedAsync("site:1");
        Directory.CreateDirectory(_node.StateDirectory);
        Tool.Run("mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", _node.StateDirectory);
        try
        {
            int port = Client.FreePort();
            string compose = Site($"127.0.0.1:{registry.Port}/site:1", port);

            string errors = _node.FailingUp("full", compose);

            Assert.Contains("space", errors, StringComparison.OrdinalIgnoreCase);
            Tool.Run("mount", "-o", "remount,size=64m", _node.StateDirectory);
            _node.Up("full", compose);
            Assert.Equal("second\n", await FetchAsync(port));
            _node.Down("full");
            _node.Run("daemon", "stop");
            FigmentNode.Eventually("the daemon has ended", () => _node.Processes("figmentd").Count == 0 ? null : "it runs");
        }
        finally
        {
            Tool.Run("umount", "-l", _node.StateDirectory);
        }
    }

    private static string Site(string image, int port) => $$"""
        services:
          web:
            image: {{image}}
            entrypoint: ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/etc"]
            command: []
            ports: ["{{port}}:8080"]
        """;

    private static async Task<string> FetchAsync(int port)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/changed"));
    }

    private async Task<DebianRegistry> PushedAsync(string name)
    {
        var registry = await DebianRegistry.StartAsync();
        registry.Push(BusyboxImage.Make(_folder), "1", name);
        return registry;
    }
}
