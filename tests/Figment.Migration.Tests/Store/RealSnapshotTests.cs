using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Migration.Engine;
using Figment.Migration.Store;

namespace Figment.Migration.Tests.Store;

/// <summary>What CRIU makes of real programs goes into the store and out again, and they go on from it. Needs root, CRIU and the servers of test-packages.txt.</summary>
public sealed class RealSnapshotTests(ITestOutputHelper output) : IDisposable
{
    private const int SIGKILL = 9;

    private const string Python = """
        import http.server, json, sys
        items = {str(i): 'item %d' % (i * 7) for i in range(200000)}
        class H(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                items[self.path] = json.dumps(self.headers.items())
                self.send_response(200); self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')
            def log_message(self, *a): pass
        http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()
        """;

    private const string Node = """
        const a=[];for(let i=0;i<200000;i++)a.push({i,s:'item '+i*7});
        require('http').createServer((q,r)=>{a[a.length%1000]={i:a.length,s:q.url};r.end('ok')}).listen(+process.argv[1],'127.0.0.1')
        """;

    private const string Java = """
        import com.sun.net.httpserver.*;
        class Web {
          public static void main(String[] a) throws Exception {
            var items = new java.util.concurrent.ConcurrentHashMap<String, String>();
            for (int i = 0; i < 100000; i++) items.put("key" + i, "item " + i * 7);
            var s = HttpServer.create(new java.net.InetSocketAddress("127.0.0.1", Integer.parseInt(a[0])), 0);
            s.createContext("/", e -> { items.put(e.getRequestURI().toString(), "asked"); e.sendResponseHeaders(200, 2); e.getResponseBody().write("ok".getBytes()); e.close(); });
            s.start();
          }
        }
        """;

    /// <summary>20 MB of sentences of 5,000 words.</summary>
    private const string Fill = """
        local words = {} for i = 1, 5000 do local w = {} for j = 1, math.random(3, 9) do w[j] = string.char(96 + math.random(26)) end words[i] = table.concat(w) end
        for i = 1, 80000 do local t = {} for j = 1, math.random(10, 60) do t[j] = words[math.random(5000)] end redis.call('set', 'user:' .. i, table.concat(t, ' ')) end
        """;

    private const string Touch = "for i = 1, 1000 do redis.call('append', 'user:' .. math.random(80000), ' changed') end";

    private readonly CriuEngine _engine = new(CriuEngineTests.Program());
    private readonly StoreTest _test = new();
    private readonly List<int> _children = [];

    public void Dispose()
    {
        foreach (int child in _children)
        {
            using var process = Pidfd.Open(child);
            process.Signal(SIGKILL);
            process.Wait();
        }

        _test.Dispose();
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("python")]
    [InlineData("node")]
    [InlineData("java")]
    public async Task A_server_goes_into_the_store_twice_and_comes_back_from_it(string name)
    {
        int port = FreePort();
        int pid = Start(name, port);
        await WorkAsync(name, port, Fill);
        string first = Dump(pid, leaveRunning: true);
        await WorkAsync(name, port, Touch);
        string second = Dump(pid, leaveRunning: false);
        string listing = StoreTest.Listing(second);

        var store = _test.Open();
        string firstId = await store.PublishAsync(first, StoreTest.Info);
        string secondId = await store.PublishAsync(second, StoreTest.Info);
        Directory.Delete(second, recursive: true);
        store.Unpack(secondId, second);

        Assert.Equal(listing, StoreTest.Listing(second));
        var (firstSizes, secondSizes) = (store.Inspect(firstId), store.Inspect(secondId));
        await TellAsync(name, first, secondSizes);
        Assert.InRange(firstSizes.Stored, 1, firstSizes.Logical / 2);
        Assert.InRange(secondSizes.Unique, 1, secondSizes.Logical / 4);

        _children.Add(_engine.Restore(new RestoreOptions { Folder = second }, _ => true) ?? throw new InvalidOperationException("it was not restored"));
        await WorkAsync(name, port, Touch);
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    /// <summary>The row that docs/migration.md has: the best of three rounds, for the runtime compiles what it runs for the first time, and the machine is shared.</summary>
    private async Task TellAsync(string name, string folder, SnapshotSizes second)
    {
        int[] levels = [0, 1, 3];
        var best = levels.ToDictionary(level => level, _ => (Stored: 0L, Pack: 0.0, Unpack: 0.0));
        for (int round = 0; round < 3; round++)
        {
            foreach (int level in levels)
            {
                var store = new SnapshotStore(_test.New(), new StoreOptions { CompressionLevel = level }, TimeProvider.System);
                var clock = Stopwatch.StartNew();
                string id = await store.PublishAsync(folder, StoreTest.Info);
                double packMs = clock.Elapsed.TotalMilliseconds;
                clock.Restart();
                store.Unpack(id, _test.New());
                double unpackMs = clock.Elapsed.TotalMilliseconds;
                var sizes = store.Inspect(id);
                best[level] = (sizes.Stored, Math.Max(best[level].Pack, sizes.Logical / 1e3 / packMs), Math.Max(best[level].Unpack, sizes.Logical / 1e3 / unpackMs));
            }
        }

        var cells = levels.Select(level => string.Create(CultureInfo.InvariantCulture, $"{Mega(best[level].Stored)} ({best[level].Pack:F0}, {best[level].Unpack:F0})"));
        output.WriteLine($"| {name} | {Mega(second.Logical)} | {string.Join(" | ", cells)} | {Mega(second.Unique)} |");
    }

    private static string Mega(long bytes) => (bytes / 1e6).ToString("F1", CultureInfo.InvariantCulture);

    private static async Task WorkAsync(string name, int port, string script)
    {
        if (name == "redis")
        {
            StoreTest.Run("redis-cli", "-p", port.ToString(CultureInfo.InvariantCulture), "eval", script, "0");
            return;
        }

        for (int request = 0; request < 200; request++)
        {
            // A connection each: one that is there while it is dumped would be part of the dump.
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /{request} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
            using var reader = new StreamReader(stream);
            Assert.Matches("^HTTP/1.[01] 200 ", await reader.ReadLineAsync());
        }
    }

    private int Start(string name, int port)
    {
        string number = port.ToString(CultureInfo.InvariantCulture);
        string source = Path.Combine(_test.Folder, "Web.java");
        File.WriteAllText(source, Java);
        string[] command = name switch
        {
            "redis" => ["redis-server", "--port", number, "--save", "", "--dir", _test.Folder],
            "python" => ["/usr/bin/python3", "-c", Python, number],
            "node" => ["node", "-e", Node, number],
            _ => ["java", source, number],
        };
        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        int pid = Spawner.Spawn("/usr/bin/env", ["env", .. command], ["PATH=/usr/bin:/bin"], nothing, nothing, directory: "/");
        _children.Add(pid);
        var clock = Stopwatch.StartNew();
        while (!Listens(port))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{name} does not listen on {port} after a minute");
            Pause(20);
        }

        return pid;
    }

    private static bool Listens(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private string Dump(int pid, bool leaveRunning)
    {
        string folder = _test.New();
        Directory.CreateDirectory(folder);
        _engine.Dump(new DumpOptions { Pid = pid, Folder = folder, LeaveRunning = leaveRunning }, () => true);
        if (!leaveRunning)
        {
            using var process = Pidfd.Open(pid);
            Assert.True(process.AwaitEnd(TimeSpan.FromSeconds(10)), "what was dumped is still there");
            process.Wait();
            _children.Remove(pid);
        }

        return folder;
    }

    private static void Pause(int ms)
    {
        using var pause = new ManualResetEventSlim();
        pause.Wait(ms, TestContext.Current.CancellationToken);
    }
}
