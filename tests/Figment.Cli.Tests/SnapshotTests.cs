using Figment.Cli.Hosting;

namespace Figment.Cli.Tests;

public sealed class SnapshotTests
{
    [Fact]
    public async Task An_exported_file_is_whole_and_its_owners_alone()
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli(daemon.Folder);

        int code = await cli.RunAsync("snapshot", "export", "shop/web-1:calm", "-o", "web.snapshot");

        string file = Path.Combine(daemon.Folder, "web.snapshot");
        Assert.Equal((0, "", ""), (code, cli.Out, cli.Error));
        Assert.Equal(daemon.Snapshots.Exported, await File.ReadAllBytesAsync(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Contains("GET /v1/snapshots/export?snapshot=shop%2Fweb-1%3Acalm", daemon.Seen);
        Assert.Empty(Parts(daemon));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_export_that_breaks_off_leaves_what_was_there(bool isThere)
    {
        await using var daemon = await Daemon.StartAsync();
        daemon.Snapshots.BreaksOff = true;
        string file = Path.Combine(daemon.Folder, "web.snapshot");
        if (isThere)
        {
            await File.WriteAllTextAsync(file, "before");
        }

        var cli = daemon.Cli(daemon.Folder);

        Assert.Equal(1, await cli.RunAsync("snapshot", "export", "calm", "-o", "web.snapshot"));

        Assert.Contains("the daemon broke off its answer", cli.Error, StringComparison.Ordinal);
        Assert.Equal(isThere ? "before" : null, File.Exists(file) ? await File.ReadAllTextAsync(file) : null);
        Assert.Empty(Parts(daemon));
    }

    [Fact]
    public async Task What_is_no_file_is_written_to_and_a_link_stays_one()
    {
        await using var daemon = await Daemon.StartAsync();
        File.CreateSymbolicLink(Path.Combine(daemon.Folder, "link"), "target");

        Assert.Equal(0, await daemon.Cli(daemon.Folder).RunAsync("snapshot", "export", "calm", "-o", "link"));
        Assert.Equal(0, await daemon.Cli(daemon.Folder).RunAsync("snapshot", "export", "calm", "-o", "/dev/null"));

        Assert.Equal("target", new FileInfo(Path.Combine(daemon.Folder, "link")).LinkTarget);
        Assert.Equal(daemon.Snapshots.Exported.Length, new FileInfo(Path.Combine(daemon.Folder, "target")).Length);
        Assert.Equal(0, new FileInfo("/dev/null").Length);
        Assert.True(File.GetUnixFileMode("/dev/null").HasFlag(UnixFileMode.OtherWrite));
    }

    [Fact]
    public async Task An_export_goes_to_stdout_but_to_no_terminal()
    {
        await using var daemon = await Daemon.StartAsync();
        var piped = daemon.Cli();
        var terminal = new Cli { Console = new ConsoleFacts { OutputIsTerminal = true } };
        var typed = new Cli { Console = new ConsoleFacts { InputIsTerminal = true } };

        Assert.Equal(0, await piped.RunAsync("snapshot", "export", "calm"));
        Assert.Equal(System.Text.Encoding.UTF8.GetString(daemon.Snapshots.Exported), piped.Out);
        Assert.Equal(2, await terminal.RunAsync("snapshot", "export", "calm"));
        Assert.Equal("figment: cannot write a snapshot to a terminal\nhint: figment snapshot export calm -o FILE\n", terminal.Error);
        Assert.Equal(2, await typed.RunAsync("snapshot", "import"));
        Assert.Equal("figment: cannot read a snapshot from a terminal\nhint: figment snapshot import FILE\n", typed.Error);
    }

    [Fact]
    public async Task What_cannot_be_exported_makes_no_file()
    {
        await using var daemon = await Daemon.StartAsync();
        var missing = daemon.Cli(daemon.Folder);
        var folder = daemon.Cli(daemon.Folder);

        Assert.Equal(3, await missing.RunAsync("snapshot", "export", "nothing", "-o", "web.snapshot"));
        Assert.Equal(1, await folder.RunAsync("snapshot", "export", "calm", "-o", "."));

        Assert.False(File.Exists(Path.Combine(daemon.Folder, "web.snapshot")));
        Assert.Contains("it is a folder", folder.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snapshot import web.snapshot")]
    [InlineData("snapshot import -")]
    [InlineData("snapshot import")]
    public async Task An_import_sends_a_file_or_stdin_and_prints_the_id(string line)
    {
        await using var daemon = await Daemon.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(daemon.Folder, "web.snapshot"), "content");
        var cli = new Cli { WorkingDirectory = daemon.Folder, Input = "content" };
        cli.Environment["FIGMENT_HOST"] = "unix://" + daemon.SocketPath;

        int code = await cli.RunAsync(line.Split(' '));

        Assert.Equal((0, "019c00000002700080000000000000bb\n", ""), (code, cli.Out, cli.Error));
        Assert.Equal("content"u8.ToArray(), daemon.Snapshots.Imported);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_not_imported()
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli(daemon.Folder);

        Assert.Equal(3, await cli.RunAsync("snapshot", "import", "nothing.snapshot"));

        Assert.Equal("figment: cannot import nothing.snapshot: there is no such file\nhint: figment snapshot import --help\n", cli.Error);
        Assert.Null(daemon.Snapshots.Imported);
    }

    [Fact]
    public async Task Completion_offers_ids_machines_and_names()
    {
        await using var daemon = await Daemon.StartAsync();
        var all = daemon.Cli();
        var some = daemon.Cli();

        Assert.Equal(0, await all.RunAsync("[suggest:17]", "snapshot inspect "));
        Assert.Equal(0, await some.RunAsync("[suggest:14]", "snapshot rm sh"));

        Assert.Contains("019c00000001\n019c00000002\n019c00000003\n", all.Out, StringComparison.Ordinal);
        Assert.Contains("calm\n", all.Out, StringComparison.Ordinal);
        Assert.Equal("shop/web-1\n", some.Out);
    }

    private static string[] Parts(Daemon daemon) => Directory.GetFiles(daemon.Folder, "*.part*");
}
