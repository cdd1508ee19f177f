using System.Globalization;
using System.Text;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;
using Figment.Model.Launch;

namespace Figment.Box.Tests;

/// <summary>Real servers go to storage and come back, each with a connection that a client has the whole time. Needs root, CRIU and the servers of test-packages.txt.</summary>
public sealed class CheckpointProgramTests(ITestOutputHelper output) : IDisposable
{
    private const string Java = """
        import com.sun.net.httpserver.*;
        class Web {
          public static void main(String[] a) throws Exception {
            var s = HttpServer.create(new java.net.InetSocketAddress(7000), 0);
            int[] n = {0};
            s.createContext("/", e -> { byte[] b = ("n=" + (++n[0]) + ".").getBytes(); e.sendResponseHeaders(200, b.length); e.getResponseBody().write(b); e.close(); });
            s.start();
          }
        }
        """;

    private const string Node = "let n=0;require('http').createServer((q,r)=>r.end('n='+(++n)+'.')).listen(7000)";

    private const string Python = """
        import http.server, socketserver
        class H(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            n = 0
            def do_GET(self):
                H.n += 1
                body = b'n=%d.' % H.n
                self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
            def log_message(self, *a): pass
        class S(socketserver.ThreadingMixIn, http.server.HTTPServer): pass
        S(('', 7000), H).serve_forever()
        """;

    private const string Nginx = "printf 'daemon off; error_log stderr; pid /tmp/n.pid; events {} http { access_log off; server { listen 7000; location / { return 200 served.; } } }' > /tmp/n.conf && exec nginx -c /tmp/n.conf";

    private const string Haproxy = "printf 'defaults\\n mode http\\n timeout client 60s\\nfrontend f\\n bind :7000\\n http-request return status 200 content-type text/plain string served.\\n' > /tmp/h.cfg && exec haproxy -f /tmp/h.cfg";

    private const string Nats = "exec nats-server -p 7000";

    /// <summary>As root the server refuses to run.</summary>
    private const string PostgreSql = "set -e; cd /tmp; P=$(echo /usr/lib/postgresql/*/bin); $P/initdb -D /tmp/d -A trust -N >/dev/null; exec $P/postgres -D /tmp/d -p 7000 -c listen_addresses='*' -c unix_socket_directories=/tmp";

    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private readonly TestNetwork _network = new();

    public static TheoryData<string, int, string, string, string, string> Servers => new()
    {
        // name, port, first question, end of its answer, second question, end of its answer
        { "memcached", 11211, "set k 0 0 5\r\nhello\r\n", "STORED\r\n", "get k\r\n", "hello\r\nEND\r\n" },
        { "redis-server", 6379, "SET k hello\r\n", "+OK\r\n", "GET k\r\n", "hello\r\n" },
        { "nginx", 7000, Get, "served.", Get, "served." },
        { "haproxy", 7000, Get, "served.", Get, "served." },
        { "nats-server", 7000, "CONNECT {\"verbose\":false}\r\nSUB greetings 1\r\nPING\r\n", "PONG\r\n", "PUB greetings 5\r\nhello\r\n", "hello\r\n" },
        { "python3", 7000, Get, "n=1.", Get, "n=2." },
        { "node", 7000, Get, "n=1.", Get, "n=2." },
        { "java", 7000, Get, "n=1.", Get, "n=2." },
    };

    public void Dispose() => _network.Dispose();

    [Theory]
    [MemberData(nameof(Servers))]
    public void A_server_comes_back_with_its_state_and_the_connection(string name, int port, string first, string firstEnd, string second, string secondEnd)
    {
        var machine = Machine(name);
        using var box = TestBox.Start(_network, machine, [(TestMachines.Tcp(port), _network.Placeholder(port, dualStack: name is "nats-server" or "node" or "java"))]);
        using var client = _network.Connect(port);
        Assert.EndsWith(firstEnd, client.Ask(first, firstEnd), StringComparison.Ordinal);

        var snapshot = box.Checkpoint(Path.Combine(box.Folder, "snapshot"));
        using var restored = box.Restore(_network, machine, snapshot);
        var steps = restored.Expect<BoxMessage.Started>().Steps;

        Assert.EndsWith(secondEnd, client.Ask(second, secondEnd), StringComparison.Ordinal);
        using var other = _network.Connect(port);
        other.Send(Encoding.ASCII.GetBytes(second));
        Assert.NotEqual(0, other.Receive(new byte[100]));
        long bytes = new DirectoryInfo(snapshot.Folder).EnumerateFiles("pages-*.img").Sum(file => file.Length);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {bytes >> 20} MB of pages, stood still for {snapshot.PauseMs} ms, back after {(steps[^1].Value - steps[0].Value) / 1000.0:F0} ms"));
    }

    /// <summary>Processes of another user than root, which reading limits makes hard where root lacks CAP_SYS_RESOURCE.</summary>
    [Fact]
    public void Postgres_comes_back_as_its_user_with_what_was_committed()
    {
        var machine = Machine("postgres");
        using var box = TestBox.Start(_network, machine);
        box.Expect<BoxMessage.Listening>(listening => listening.Port == 7000 && !listening.Loopback);
        Assert.Equal("CREATE TABLE\n", Psql(box, "create table t (w text)"));
        Assert.Equal("INSERT 0 1\n", Psql(box, "insert into t values ('hello')"));

        using var restored = box.Restore(_network, machine, box.Checkpoint(Path.Combine(box.Folder, "snapshot")));
        restored.Expect<BoxMessage.Started>();

        Assert.Equal("hello\n", Psql(restored, "select w from t"));
    }

    private static MachineLaunch Machine(string name)
    {
        var machine = name switch
        {
            "memcached" => TestMachines.Host("memcached", "-u", "root"),
            "redis-server" => TestMachines.Host("redis-server", "--protected-mode", "no", "--save", "", "--dir", "/tmp"),
            "nginx" => TestMachines.Script("printf 'user root; ' > /tmp/n.conf; " + Nginx.Replace("> /tmp/n.conf", ">> /tmp/n.conf", StringComparison.Ordinal)),
            "haproxy" => TestMachines.Script(Haproxy),
            "nats-server" => TestMachines.Script(Nats),
            "python3" => TestMachines.Host("python3", "-c", Python),
            "node" => TestMachines.Host("node", "-e", Node),
            "java" => TestMachines.Script($"cat > /tmp/Web.java <<'E'\n{Java}\nE\nexec java /tmp/Web.java"),
            "postgres" => TestMachines.Script(PostgreSql),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such server"),
        };
        return name == "postgres" ? machine with { Program = machine.Program with { User = "postgres" } } : machine;
    }

    private static string Psql(TestBox box, string query)
    {
        string answer = "";
        string errors = "";
        Wait.Until(
            () =>
            {
                using var exec = StreamClient.Exec(box, "psql", "-X", "-At", "-h", "/tmp", "-p", "7000", "-c", query);
                int code = exec.ReadToExit();
                (answer, errors) = (exec.Output.ToString(), exec.Errors.ToString());
                return code == 0;
            },
            () => $"{query}: {errors}");
        return answer;
    }
}
