namespace Figment.EndToEnd.Tests;

/// <summary><c>build:</c> by Debian's buildah, with a store of the test's own.</summary>
public sealed class BuildTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_service_is_built_and_woken_by_a_request_and_built_anew_when_its_files_change()
    {
        StoreBuildsHere();
        int port = Client.FreePort();
        string compose = Site(port);
        string context = Path.GetDirectoryName(_node.Write("built", compose))!;
        File.Copy("/bin/busybox", Path.Combine(context, "busybox"), overwrite: true);
        File.WriteAllText(Path.Combine(context, "page"), "first");
        File.WriteAllText(Path.Combine(context, "Dockerfile"), """
            FROM scratch AS base
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "mkdir", "/www"]
            FROM base
            ARG WORD
            COPY page /www/page
            RUN ["/bin/busybox", "sh", "-c", "echo $WORD >/www/word"]
            ENTRYPOINT ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
            """);

        _node.Up("built", compose);

        Assert.Equal("first", await FetchAsync(port, "page"));
        Assert.Equal("hello\n", await FetchAsync(port, "word"));

        File.WriteAllText(Path.Combine(context, "page"), "second");
        _node.Up("built", compose, "--build");

        Assert.Equal("second", await FetchAsync(port, "page"));
        _node.Down("built");
    }

    [Fact]
    public void A_build_that_fails_is_said_with_its_last_lines_and_nothing_stays()
    {
        StoreBuildsHere();
        string compose = Site(Client.FreePort());
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(_node.Write("broken", compose))!, "Dockerfile"), "FROM scratch\nCOPY not-there /\n");

        Assert.Contains("not-there", _node.FailingUp("broken", compose), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_buildah_a_build_is_refused_with_what_to_install()
    {
        _node.Variables["PATH"] = _node.Folder("empty");

        Assert.Contains("apt install buildah", _node.FailingUp("unbuilt", Site(Client.FreePort())), StringComparison.Ordinal);
    }

    /// <summary>buildah's settings (containers-storage.conf(5)); it inherits them through the daemon.</summary>
    private void StoreBuildsHere()
    {
        string containers = _node.Folder("containers");
        string settings = Path.Combine(containers, "storage.conf");
        File.WriteAllText(settings, $"[storage]\ndriver = \"vfs\"\ngraphroot = \"{containers}/root\"\nrunroot = \"{containers}/run\"\n");
        _node.Variables["CONTAINERS_STORAGE_CONF"] = settings;
        _node.Variables["BUILDAH_ISOLATION"] = "chroot";
    }

    private static string Site(int port) => $$"""
        services:
          web:
            build: { context: ., args: { WORD: hello } }
            ports: ["{{port}}:8080"]
        """;

    private static async Task<string> FetchAsync(int port, string page)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/{page}"));
    }
}
