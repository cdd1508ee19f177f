using Figment.Api.Contract;
using Figment.Cli.Hosting;
using Figment.Model.Specs;

namespace Figment.Cli.Tests;

public sealed class CommandTests
{
    /// <summary>Name of the approved file and the command line: every table and every JSON shape.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "ps", "-p guestbook ps" },
        { "ps-json", "-p guestbook ps --json" },
        { "ps-quiet", "-p guestbook ps -q -a" },
        { "ls", "ls" },
        { "ls-json", "ls --json" },
        { "why", "-p guestbook why redis" },
        { "why-json", "-p guestbook why redis --json" },
        { "bill", "-p guestbook bill" },
        { "bill-json", "-p guestbook bill --json" },
        { "logs", "-p guestbook logs" },
        { "logs-plain", "-p guestbook logs -t --no-prefix web-1" },
        { "logs-json", "-p guestbook logs --json web" },
        { "events", "-p guestbook events" },
        { "events-json", "events --all-apps --json" },
        { "inspect", "-p guestbook inspect web-1" },
        { "inspect-application", "-p guestbook inspect" },
        { "port", "-p guestbook port web 80" },
        { "port-all", "-p guestbook port web" },
        { "port-json", "-p guestbook port web --json" },
        { "images", "images" },
        { "images-json", "images --json" },
        { "images-quiet", "images -q" },
        { "pull", "pull redis:7" },
        { "load", "load /etc/hostname" },
        { "rmi", "rmi redis:7" },
        { "prune", "image prune" },
        { "prune-json", "image prune --json" },
        { "node-ls", "node ls" },
        { "node-ls-json", "node ls --json" },
        { "node-ls-quiet", "node ls -q" },
        { "node-init", "node init --address 192.0.2.7" },
        { "node-token", "node token" },
        { "node-token-json", "node token --lifetime 2d --json" },
        { "node-join", "node join 192.0.2.7:7473 e7c2.5ec3e7.f1 --address 192.0.2.9" },
        { "node-rm", "node rm node-3" },
        { "clone", "-p guestbook clone web" },
        { "clone-json", "-p guestbook clone web-1 --name try --json" },
        { "clone-quiet", "-p guestbook clone -q --rm web" },
        { "migrate", "-p guestbook migrate web-1 b" },
        { "migrate-json", "-p guestbook migrate web-1 b --json" },
        { "snapshot-ls", "snapshot ls" },
        { "snapshot-ls-json", "snapshot ls --json" },
        { "snapshot-ls-quiet", "snapshot ls -q --no-trunc" },
        { "snapshot-inspect", "snapshot inspect shop/web-1" },
        { "snapshot-verify", "snapshot verify" },
        { "snapshot-verify-json", "snapshot verify shop/web-1 --json" },
        { "snapshot-verify-quiet", "snapshot verify -q" },
        { "snapshot-rm", "snapshot rm 019c0000 nothing calm" },
        { "snapshot-prune", "snapshot prune" },
        { "snapshot-prune-json", "snapshot prune --json" },
        { "version", "version" },
        { "version-json", "version --json" },
        { "daemon-status-json", "daemon status --json" },
        { "stop", "-p guestbook stop web" },
        { "stop-json", "-p guestbook stop web-1 --json" },
        { "rm", "-p guestbook rm -f web" },
        { "down", "-p guestbook down -v -t 1.5" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task What_a_command_writes_is_as_approved(string name, string line)
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli();

        int code = await cli.RunAsync(line.Split(' '));

        string written = $"$ figment {line}\n{cli.Out}--- stderr\n{cli.Error}--- exit code {code}\n".Replace(daemon.SocketPath, "SOCKET", StringComparison.Ordinal);
        Approval.Check(name, written);
    }

    [Fact]
    public async Task Doctor_fails_when_a_check_does()
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli();

        Assert.Equal(1, await cli.RunAsync("doctor"));
        Approval.Check("doctor", cli.Out);
    }

    [Fact]
    public async Task Top_makes_rates_of_two_samples()
    {
        await using var daemon = await Daemon.StartAsync();
        var table = new Cli { Time = TimeProvider.System };
        table.Environment["FIGMENT_HOST"] = "unix://" + daemon.SocketPath;
        var json = new Cli { Time = TimeProvider.System };
        json.Environment["FIGMENT_HOST"] = "unix://" + daemon.SocketPath;

        Assert.Equal(0, await table.RunAsync("-p", "guestbook", "top", "--interval", "0.1"));
        Assert.Equal(0, await json.RunAsync("-p", "guestbook", "top", "--interval", "0.1", "--json"));

        Approval.Check("top", table.Out);
        Approval.Check("top-json", json.Out);
    }

    [Theory]
    [InlineData("cpu", "redis-1 web-1 web-2")]
    [InlineData("memory", "web-1 redis-1 web-2")]
    [InlineData("name", "redis-1 web-1 web-2")]
    [InlineData("state", "web-1 redis-1 web-2")]
    public async Task Top_is_in_the_order_that_was_asked_for(string sort, string machines)
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = new Cli { Time = TimeProvider.System };
        cli.Environment["FIGMENT_HOST"] = "unix://" + daemon.SocketPath;

        Assert.Equal(0, await cli.RunAsync("-p", "guestbook", "top", "--interval", "0.1", "--once", "--sort", sort));

        Assert.Equal(machines, string.Join(' ', cli.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2).Select(line => line.Split(' ')[0])));
    }

    [Fact]
    public async Task Bill_sends_a_price_list_that_is_a_file_and_names_one_that_is_not()
    {
        await using var daemon = await Daemon.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(daemon.Folder, "own.json"), "{}");

        Assert.Equal(0, await daemon.Cli(daemon.Folder).RunAsync("-p", "guestbook", "bill", "--prices", "own.json", "--by", "service", "--since", "5m"));
        Assert.Equal(("own.json", "{}", null, BillBy.Service, Tests.Cli.Now.AddMinutes(-5)), (daemon.Asked!.PriceFile, daemon.Asked.PriceText, daemon.Asked.PricesName, daemon.Asked.By, daemon.Asked.Since));

        Assert.Equal(0, await daemon.Cli(daemon.Folder).RunAsync("-p", "guestbook", "bill", "--prices", "lambda", "--by", "state"));
        Assert.Equal((null, "lambda", BillBy.State), (daemon.Asked!.PriceText, daemon.Asked.PricesName, daemon.Asked.By));
    }

    [Fact]
    public async Task Up_sends_the_resolved_application_and_prints_addresses_as_data_and_progress_for_people()
    {
        await using var daemon = await Daemon.StartAsync();
        string folder = Path.Combine(daemon.Folder, "shop");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "compose.yaml"), "name: guestbook\nservices:\n  web:\n    image: guestbook:1\n  redis:\n    image: redis:7\n");
        var cli = daemon.Cli(daemon.Folder);

        int code = await cli.RunAsync("up", "./shop", "--scale", "web=3", "--wait", "--wait-timeout", "2.5");

        Approval.Check("up", $"{cli.Out}--- stderr\n{cli.Error}--- exit code {code}\n");
        Assert.Equal((3, true, 2500L), (daemon.Up!.Application.Services.Single(service => service.Name == "web").Replicas, daemon.Up.Wait, daemon.Up.WaitTimeoutMs!.Value));
    }

    [Fact]
    public async Task Errors_have_the_exit_codes_of_the_list()
    {
        await using var daemon = await Daemon.StartAsync();
        (int Code, string Line, string Says)[] cases =
        [
            (3, "-p guestbook why nobody", "application guestbook has no machine or service of that name"),
            (3, "-p guestbook why --limit 3 web-9", "cannot find 'web-9'"),
            (3, "-p guestbook port web 443", "443/tcp of web-1: that port is not published"),
            (2, "-p guestbook port web x", "'x' is no port"),
            (2, "-p guestbook bill --by hour", "hour"),
            (2, "-p guestbook bill --since yesterday", "--since 'yesterday' is no time"),
            (3, "-p guestbook bill --prices ./own.json", "cannot read the price list ./own.json: there is no such file"),
            (4, "-p guestbook stop redis", "cannot stop redis-1: the application is going down"),
            (3, "load /nowhere.tar", "there is no such file or folder"),
            (3, "up", "cannot find a Compose file"),
            (3, "up ./nowhere", "there is no such file or folder"),
            (127, "-p guestbook exec web nonsense", "there is no such program in its PATH"),
            (125, "-p guestbook exec nobody ls", "cannot find 'nobody'"),
            (125, "-p guestbook run --publish 80 web", "--service-ports"),
        ];
        foreach (var (code, line, says) in cases)
        {
            var cli = daemon.Cli(daemon.Folder);

            Assert.Equal((line, code), (line, await cli.RunAsync(line.Split(' '))));
            Assert.StartsWith("figment: ", cli.Error, StringComparison.Ordinal);
            Assert.Contains(says, cli.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_application_is_found_or_asked_for()
    {
        await using var daemon = await Daemon.StartAsync();
        var single = daemon.Cli();
        Assert.Equal(0, await single.RunAsync("why", "web"));
        Assert.Contains("GET /v1/machines?app=guestbook", daemon.Seen);

        daemon.Applications.Add("shop");
        var several = daemon.Cli();
        Assert.Equal(2, await several.RunAsync("why", "web"));
        Assert.Equal("figment: cannot tell which application is meant: guestbook, shop are up\nhint: figment -p guestbook ...\n", several.Error);

        var named = daemon.Cli();
        Assert.Equal(0, await named.RunAsync("why", "shop/web-1"));
        Assert.Contains("GET /v1/machines?app=shop", daemon.Seen);

        var all = daemon.Cli();
        Assert.Equal(0, await all.RunAsync("ps"));
        Assert.Contains("GET /v1/machines", daemon.Seen);

        daemon.Applications.Clear();
        var none = daemon.Cli();
        Assert.Equal(3, await none.RunAsync("why", "web"));
    }

    [Fact]
    public async Task A_compose_file_above_the_working_directory_names_the_application()
    {
        await using var daemon = await Daemon.StartAsync();
        string folder = Path.Combine(daemon.Folder, "deep");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(daemon.Folder, "compose.yaml"), "name: fromfile\nservices:\n  web:\n    image: guestbook:1\n");

        Assert.Equal(0, await daemon.Cli(daemon.Folder).RunAsync("why", "web"));

        Assert.Contains("GET /v1/machines?app=fromfile", daemon.Seen);
    }

    [Theory]
    [InlineData("", "", false, false)]
    [InlineData("", "", true, true)]
    [InlineData("NO_COLOR", "1", true, false)]
    [InlineData("TERM", "dumb", true, false)]
    [InlineData("FORCE_COLOR", "1", false, true)]
    [InlineData("FORCE_COLOR", "0", true, false)]
    public async Task Colours_are_where_they_are_wanted(string variable, string value, bool terminal, bool coloured)
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = new Cli { Console = new ConsoleFacts { OutputIsTerminal = terminal } };
        cli.Environment["FIGMENT_HOST"] = "unix://" + daemon.SocketPath;
        cli.Environment[variable] = value;

        Assert.Equal(0, await cli.RunAsync("-p", "guestbook", "ps"));

        Assert.Equal(coloured, cli.Out.Contains('\e', StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_color_on_the_line_counts_most()
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli();
        cli.Environment["FORCE_COLOR"] = "1";

        Assert.Equal(0, await cli.RunAsync("-p", "guestbook", "ps", "--no-color"));

        Assert.DoesNotContain("\e", cli.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_joins_the_streams_and_passes_the_exit_code_on()
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = new Cli { Input = "typed\n" };
        cli.Environment["FIGMENT_HOST"] = "unix://" + daemon.SocketPath;
        cli.Environment["PASSED"] = "on";

        int code = await cli.RunAsync("-p", "guestbook", "exec", "-e", "A=1", "-e", "PASSED", "-e", "ABSENT", "-u", "me", "-w", "/x", "web", "cat", "-A", "--", "-p");

        Assert.Equal((7, "out\ntyped\n", "err\n"), (code, cli.Out, cli.Error));
        Assert.Equal(["A=1", "PASSED=on"], daemon.Exec!.Environment);
        Assert.Equal(("me", "/x", false, true), (daemon.Exec.User, daemon.Exec.WorkingDirectory, daemon.Exec.Tty, daemon.Exec.Stdin));
        Assert.Equal("cat", daemon.Exec.Arguments[0]);
        Assert.Equal("-A", daemon.Exec.Arguments[1]);
        Assert.Equal("-p", daemon.Exec.Arguments[^1]);
    }

    [Fact]
    public async Task A_stream_that_ends_without_an_exit_code_is_a_failure()
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli();

        Assert.Equal(125, await cli.RunAsync("-p", "guestbook", "exec", "web", "cut"));
        Assert.Contains("without its exit code", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_of_a_service_passes_the_command_with_its_options()
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli();

        Assert.Equal(3, await cli.RunAsync("-p", "guestbook", "run", "--no-deps", "-T", "web", "ls", "-l", "--publish", "x"));

        Assert.Equal(("web", true), (daemon.Run!.Service, daemon.Run.NoDependencies));
        Assert.Equal(["ls", "-l", "--publish", "x"], daemon.Run.Command);
    }

    [Fact]
    public async Task Run_of_a_bare_program_brings_up_an_application_for_it_and_takes_it_down()
    {
        await using var daemon = await Daemon.StartAsync();
        daemon.Applications.Add("redis-server");
        var cli = daemon.Cli("/tmp");

        int code = await cli.RunAsync("run", "--publish", "127.0.0.1:6400:6379", "-e", "A=1", "--", "/usr/bin/redis-server", "--save", "");

        var service = Assert.Single(daemon.Up!.Application.Services);
        Assert.Equal((3, "redis-server-2", RootKind.Host, StartMode.Eager, "/tmp"), (code, daemon.Up.Application.Name, service.Figment.Root, service.Figment.Start, service.WorkingDir));
        Assert.Equal(["/usr/bin/redis-server", "--save", ""], service.Command);
        Assert.Equal(new PublishedPortSpec { HostIp = "127.0.0.1", Published = 6400, PublishedEnd = 6400, Target = 6379 }, Assert.Single(service.Ports));
        Assert.True(daemon.Run!.ServicePorts);
        Assert.Contains("DELETE /v1/applications/redis-server-2?volumes=true", daemon.Seen);
    }

    [Fact]
    public async Task A_detached_run_says_the_name()
    {
        await using var daemon = await Daemon.StartAsync();
        var cli = daemon.Cli();

        Assert.Equal(0, await cli.RunAsync("-p", "guestbook", "run", "-d", "web"));

        Assert.Equal("web-run-1\n", cli.Out);
    }

    [Fact]
    public async Task Completion_offers_verbs_options_and_the_names_that_there_are()
    {
        await using var daemon = await Daemon.StartAsync();
        var verbs = daemon.Cli();
        var names = daemon.Cli();

        Assert.Equal(0, await verbs.RunAsync("[suggest:2]", "ps"[..1]));
        Assert.Equal(0, await names.RunAsync("[suggest:8]", "why web-"));

        Assert.Contains("ps\n", verbs.Out, StringComparison.Ordinal);
        Assert.Equal("web-1\nweb-2\n", names.Out);
    }

    [Fact]
    public async Task Completion_is_silent_without_a_daemon()
    {
        var cli = new Cli();

        Assert.Equal(0, await cli.RunAsync("[suggest:8]", "why web-"));

        Assert.Equal(("", ""), (cli.Out.Trim(), cli.Error));
    }
}
