using Figment.Cli.Commands;
using Figment.Cli.Hosting;

namespace Figment.Cli.Tests;

public sealed class ParserTests
{
    [Theory]
    [InlineData("up -d --wait --wait-timeout 30 --scale web=3 --scale db=0 --remove-orphans --force-recreate --no-start web")]
    [InlineData("-f a.yaml -f b.yaml -p x --profile dev --env-file e --project-directory /d --compat loose up")]
    [InlineData("up -f a.yaml -p x")]
    [InlineData("down -v -t 2 examples/guestbook")]
    [InlineData("ps -a -q --all-apps web app/web-1")]
    [InlineData("ps --format json")]
    [InlineData("-f a.yaml logs -f --tail all --since 10m --until 2026-03-01T14:00:00Z -t --no-prefix web db-1")]
    [InlineData("run --rm -e A=1 -e B -u 1:2 -w /x --name n --entrypoint e -P --no-deps -T web ls -l --color")]
    [InlineData("run --publish 127.0.0.1:8080:80/tcp --publish 53/udp --publish [::1]:1:2 -- redis-server --port 1")]
    [InlineData("exec -it -u root -w / -e A=1 --index 2 web sh -c 'ls -l'")]
    [InlineData("attach --no-stdin web")]
    [InlineData("stop -t 1.5 --to-imaginary -s INT web")]
    [InlineData("kill -s SIGHUP web")]
    [InlineData("kill -s 64 web")]
    [InlineData("rm -f -s web")]
    [InlineData("restart")]
    [InlineData("why -n 5 web --json")]
    [InlineData("inspect web --json")]
    [InlineData("events -f --since 1h30m --json")]
    [InlineData("top --once --interval 0.5 --sort memory")]
    [InlineData("timeline --since 10m --until 2026-03-01T14:00:00Z --output a.svg web app/web-1")]
    [InlineData("timeline -o - --json")]
    [InlineData("bill -p shop --since 7d --by state --prices lambda --json")]
    [InlineData("plan simulate --trace t.csv -f compose.yaml --policy min=0,max=4 --program concurrency=2 --prices own.json --functions-per-request 2 --timeline s.jsonl --json")]
    [InlineData("plan simulate --trace - --trace-format azure --service web")]
    [InlineData("plan trace generate --shape bursty --seed 3 --length 24h --rate 0.5 --factor 10 --rise 2s --hold 5s --fall 1m --bursts-per-hour 3 --night 0.2 --duration 20ms --service web -o t.csv")]
    [InlineData("port web 80/tcp --index 2")]
    [InlineData("images -q --no-trunc")]
    [InlineData("pull --platform linux/amd64 --insecure-registry h --username u --password-stdin a b")]
    [InlineData("load --tag a:1 x.tar")]
    [InlineData("rmi a b")]
    [InlineData("image prune -f --json")]
    [InlineData("snapshot ls -q --no-trunc")]
    [InlineData("node ls -q")]
    [InlineData("node token --lifetime 90s -q")]
    [InlineData("node join 192.0.2.7 - --address 192.0.2.8:9000")]
    [InlineData("node leave --force")]
    [InlineData("snapshot inspect a b --json")]
    [InlineData("snapshot verify")]
    [InlineData("snapshot verify shop/web-1 a --json")]
    [InlineData("snapshot rm a shop/web-1:b")]
    [InlineData("snapshot prune -f --json")]
    [InlineData("snapshot export a -o -")]
    [InlineData("snapshot import -")]
    [InlineData("doctor --json")]
    [InlineData("config --services --compat strict web")]
    [InlineData("daemon status --json")]
    [InlineData("apps")]
    [InlineData("completion zsh")]
    public void What_users_of_docker_compose_type_is_understood(string line)
    {
        var parsed = CommandTree.Build(new Cli().Context(), new Interruption()).Parse(line);

        Assert.Empty(parsed.Errors);
    }

    [Theory]
    [InlineData(2, "nonsense")]
    [InlineData(2, "why")]
    [InlineData(2, "ps --nonsense")]
    [InlineData(2, "ps -x web")]
    [InlineData(2, "ps --format yaml")]
    [InlineData(2, "up --scale web")]
    [InlineData(2, "up --scale web=-1")]
    [InlineData(2, "up --wait-timeout x")]
    [InlineData(2, "up --compat maybe")]
    [InlineData(2, "logs --tail many")]
    [InlineData(2, "logs --since yesterday")]
    [InlineData(2, "kill -s NONSENSE web")]
    [InlineData(2, "kill -s 65 web")]
    [InlineData(2, "why -n 0 web")]
    [InlineData(2, "top --interval 0")]
    [InlineData(2, "top --sort size")]
    [InlineData(2, "timeline --output picture.png")]
    [InlineData(2, "timeline --since soon")]
    [InlineData(2, "bill --by week")]
    [InlineData(2, "plan simulate")]
    [InlineData(2, "plan simulate --trace t --trace-format xml")]
    [InlineData(2, "plan simulate --trace t --functions-per-request 0")]
    [InlineData(2, "plan trace generate --shape square")]
    [InlineData(2, "plan trace generate --length forever")]
    [InlineData(2, "plan trace generate --rate -1")]
    [InlineData(2, "snapshot nonsense")]
    [InlineData(2, "snapshot rm")]
    [InlineData(2, "snapshot export")]
    [InlineData(2, "snapshot export a b")]
    [InlineData(2, "snapshot import a b")]
    [InlineData(2, "completion tcsh")]
    [InlineData(2, "daemon nonsense")]
    [InlineData(125, "run")]
    [InlineData(125, "run --nonsense web")]
    [InlineData(125, "run --publish x -- redis-server")]
    [InlineData(125, "run --publish 70000 -- redis-server")]
    [InlineData(125, "exec web")]
    [InlineData(125, "exec --nonsense web ls")]
    [InlineData(125, "attach")]
    public async Task What_is_wrong_is_told_with_a_hint_and_the_exit_code(int code, string line)
    {
        var cli = new Cli();

        Assert.Equal(code, await cli.RunAsync(line.Split(' ')));
        Assert.Matches(@"^figment: [a-z'-].+\nhint: figment( [a-z]+)* --help\n$", cli.Error);
        Assert.Empty(cli.Out);
    }

    [Fact]
    public async Task An_argument_that_begins_with_an_at_sign_is_no_file_of_arguments()
    {
        var cli = new Cli();

        Assert.Equal(1, await cli.RunAsync("ps", "@/etc/passwd"));
        Assert.Contains("cannot start the daemon", cli.Error, StringComparison.Ordinal);
    }
}
