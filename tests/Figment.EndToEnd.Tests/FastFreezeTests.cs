using System.Diagnostics;
using System.Globalization;
using Figment.Images.Tests.Support;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>The requests of FastFreeze's daemon, by curl, as its users send them. Needs root and CRIU, which <c>./test</c> installs beside the programs.</summary>
public sealed class FastFreezeTests : IDisposable
{
    private const string Compose = """
        services:
          cache:
            x-figment: { root: host, idle: { freeze-after: never } }
            command: [redis-server, --save, "", --protected-mode, "no"]
            expose: ["6379"]
        """;

    private readonly NodePair _nodes = new();

    public void Dispose() => _nodes.Dispose();

    /// <summary>Its recipe: the container of the target is up and its service is not; checkpoint there, run here, by a folder that both see.</summary>
    [Fact]
    public void What_is_checkpointed_at_one_node_runs_at_another()
    {
        var (a, b) = (_nodes.A, _nodes.B);
        string image = Path.Combine(a.Folder("shared"), "made", "cache");
        a.Up("fast", Compose);
        b.Up("fast", Compose);
        a.Run("start", "-p", "fast", "cache-1");
        a.Run("exec", "-T", "-p", "fast", "cache-1", "redis-cli", "set", "greeting", "hello");

        var taken = Ask(a, "checkpoint", $$"""{"image_url": "file:{{image}}", "leave_running": false, "num_shards": 4, "cpu_budget": "low", "verbose": 1}""");
        Assert.Equal((200, $"cache-1 is in file:{image}\n"), taken);
        Assert.Equal(MachineState.Stopped, a.Machine("fast", "cache-1").State);
        Assert.Equal("", a.Run("snapshot", "ls", "-q"));
        Assert.Equal("cache", Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(image)!).Select(Path.GetFileName)));

        var ran = Ask(b, "run", $$"""{"image_url": "file:{{image}}"}""");
        Assert.Equal((200, $"cache-1 goes on from file:{image}\n"), ran);
        Assert.Equal("hello\n", b.Run("exec", "-T", "-p", "fast", "cache-1", "redis-cli", "get", "greeting"));
        Assert.Equal("", b.Run("snapshot", "ls", "-q"));

        // It has a program; nothing is lost by asking again.
        Assert.Equal(409, Ask(b, "run", $$"""{"image_url": "file:{{image}}"}""").Status);
        Assert.Equal("hello\n", b.Run("exec", "-T", "-p", "fast", "cache-1", "redis-cli", "get", "greeting"));

        // An image is written over, and an image alone.
        Assert.Equal(200, Ask(b, "checkpoint", $$"""{"image_url": "file:{{image}}", "leave_running": true}""").Status);
        Assert.Equal(MachineState.Running, b.Machine("fast", "cache-1").State);
        string other = Path.Combine(Path.GetDirectoryName(image)!, "note");
        File.WriteAllText(other, "keep me");
        Assert.Equal(409, Ask(b, "checkpoint", $$"""{"image_url": "file:{{other}}", "leave_running": true}""").Status);
        Assert.Equal("keep me", File.ReadAllText(other));
        Assert.Equal(409, Ask(b, "checkpoint", $$"""{"image_url": "file:{{Path.GetDirectoryName(image)}}", "leave_running": true}""").Status);
        string pipe = Path.Combine(Path.GetDirectoryName(image)!, "pipe");
        using (var made = Process.Start("mkfifo", [pipe]))
        {
            made.WaitForExit();
        }

        foreach (string verb in new[] { "checkpoint", "run" })
        {
            var (status, text) = Ask(b, verb, $$"""{"image_url": "file:{{pipe}}"}""");
            Assert.Equal(409, status);
            Assert.Contains("is a pipe, a socket or a device", text, StringComparison.Ordinal);
        }

        a.Down("fast");
        b.Down("fast");
    }

    [Fact]
    public void Without_a_good_image_it_starts_if_that_is_allowed()
    {
        var node = _nodes.A;
        string image = Path.Combine(node.Folder("images"), "cache");
        node.Up("fast", Compose);
        string None() => Ask(node, "run", $$"""{"image_url": "file:{{image}}"}""").Text;
        Assert.Equal("cache-1 has started from its program\n", None());
        node.Run("exec", "-T", "-p", "fast", "cache-1", "redis-cli", "set", "greeting", "hello");
        Assert.Equal(200, Ask(node, "checkpoint", $$"""{"image_url": "file://{{image}}"}""").Status);

        byte[] bytes = File.ReadAllBytes(image);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(image, bytes);
        var (status, text) = Ask(node, "run", $$"""{"image_url": "file:{{image}}"}""");
        Assert.Equal(422, status);
        Assert.Contains("was not imported", text, StringComparison.Ordinal);
        Assert.Equal(MachineState.Stopped, node.Machine("fast", "cache-1").State);

        Assert.Equal((200, "cache-1 has started from its program\n"), Ask(node, "run", $$"""{"image_url": "file:{{image}}", "allow_bad_image": true}"""));
        Assert.Equal("\n", node.Run("exec", "-T", "-p", "fast", "cache-1", "redis-cli", "get", "greeting"));
        node.Down("fast");
    }

    [Fact]
    public void Without_an_address_the_image_is_in_the_store()
    {
        var node = _nodes.A;
        node.Up("fast", Compose);
        Assert.Equal((200, "cache-1 has started from its program\n"), Ask(node, "run", "{}"));
        node.Run("exec", "-T", "-p", "fast", "cache-1", "redis-cli", "set", "greeting", "hello");
        Assert.Equal(200, Ask(node, "checkpoint", "").Status);
        string id = node.Run("snapshot", "ls", "-q").Trim();

        var ran = Ask(node, "run", "");
        Assert.Equal(200, ran.Status);
        Assert.StartsWith($"cache-1 goes on from snapshot {id}", ran.Text, StringComparison.Ordinal);
        Assert.Equal("hello\n", node.Run("exec", "-T", "-p", "fast", "cache-1", "redis-cli", "get", "greeting"));
        node.Run("stop", "-t", "0", "-p", "fast", "cache-1");
        Assert.Equal((200, "cache-1 has started from its program\n"), Ask(node, "run", """{"no_restore": true}"""));
        Assert.Equal("\n", node.Run("exec", "-T", "-p", "fast", "cache-1", "redis-cli", "get", "greeting"));
        node.Down("fast");
    }

    private static readonly (string Verb, string Body, string Expected)[] s_refused =
    [
        ("run", """{"app_args": "redis-server"}""", "app_args cannot be had here: what a machine runs stands in its Compose file"),
        ("run", """{"on_app_ready": "true"}""", "on_app_ready cannot be had here"),
        ("run", """{"leave_stopped": true}""", "leave_stopped cannot be had here"),
        ("run", """{"image_url": "s3://bucket/cache"}""", "image_url is \\u0022s3://bucket/cache\\u0022: it is file: and an absolute path here"),
        ("run", """{"image_url": "file:cache"}""", "it is file: and an absolute path here"),
        ("run", """{"image_url": "file:/images/"}""", "it is file: and an absolute path here"),
        ("checkpoint", """{"envs": ["A=b"]}""", "envs cannot be had here"),
        ("checkpoint", """{"passphrase_file": "/key"}""", "passphrase_file cannot be had here"),
        ("checkpoint", """{"preserved_paths": "/srv"}""", "preserved_paths cannot be had here"),
        ("checkpoint", """{"leave_running": "perhaps"}""", "leave_running"),
    ];

    [Fact]
    public void What_cannot_be_had_is_refused_by_name()
    {
        _nodes.A.Up("fast", Compose);
        Assert.All(s_refused, refused =>
        {
            var (status, text) = Ask(_nodes.A, refused.Verb, refused.Body);
            Assert.Equal(400, status);
            Assert.Contains(refused.Expected, text, StringComparison.Ordinal);
        });
        Assert.Equal(MachineState.Imaginary, _nodes.A.Machine("fast", "cache-1").State);
        _nodes.A.Down("fast");
    }

    private static (int Status, string Text) Ask(FigmentNode node, string verb, string body)
    {
        string[] words = ["curl", "-sS", "--max-time", "60", "--unix-socket", node.Socket, "-w", "%{http_code}", "-H", "Content-Type: application/json", "-d", body, $"http://figment/v1/machines/fast/cache-1/{verb}"];
        var (code, output, errors) = Tool.Try(words[0], words[1..]);
        Assert.True(code == 0, errors);
        return (int.Parse(output[^3..], CultureInfo.InvariantCulture), output[..^3]);
    }
}
