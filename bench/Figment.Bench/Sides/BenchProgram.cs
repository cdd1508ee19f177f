using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>A server, how it is asked, and how often it stands in the application.</summary>
internal sealed record BenchProgram
{
    public required string Name { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    public required int Port { get; init; }

    /// <summary>Sent by the client once connected; any byte back is the answer.</summary>
    public string Request { get; init; } = "GET / HTTP/1.0\r\n\r\n";

    /// <summary>After an answer the connection is open for more.</summary>
    public bool KeepsConnection { get; init; }

    public int Replicas { get; init; } = 1;

    /// <summary>Under Figment.</summary>
    public string FreezeAfter { get; init; } = "10s";

    /// <summary>Under Figment, once frozen; null: never.</summary>
    public string? HibernateAfter { get; init; }

    /// <summary>Under Figment, it begins from a snapshot of its kind.</summary>
    public bool FromSnapshot { get; init; }

    /// <summary>Words that its client runs once it serves, before anything is measured; its address follows the first.</summary>
    public string[] Filling { get; init; } = [];

    public static BenchProgram Memcached { get; } = new() { Name = "memcached", Command = ["memcached", "-u", "nobody", "-m", "16"], Port = 11211, Request = "version\r\n", KeepsConnection = true };

    public static BenchProgram Redis { get; } = new() { Name = "redis", Command = ["redis-server", "--save", "", "--protected-mode", "no"], Port = 6379, Request = "PING\r\n", KeepsConnection = true };

    public static BenchProgram Nginx { get; } = new() { Name = "nginx", Command = ["nginx", "-e", "stderr", "-c", FileOf("nginx.conf")], Port = 8080 };

    public static BenchProgram Node { get; } = new() { Name = "node", Command = ["node", FileOf("server.js")], Port = 8080 };

    public static BenchProgram Express { get; } = new() { Name = "express", Command = ["env", "NODE_PATH=/usr/share/nodejs", "node", FileOf("express.js")], Port = 8080 };

    /// <summary>Translates its source as it starts.</summary>
    public static BenchProgram Translated { get; } = new() { Name = "babel", Command = ["env", "NODE_PATH=/usr/share/nodejs", "node", FileOf("translated.js")], Port = 8080 };

    /// <param name="folder">Without classes.</param>
    /// <param name="source">Of the server, which is compiled as it starts.</param>
    public static BenchProgram JavaSource(string folder, string source) => new() { Name = "java-source", Command = ["java", "-cp", folder, source], Port = 8080 };

    /// <param name="classes">Where the server was compiled to.</param>
    public static BenchProgram Java(string classes) => new() { Name = "java", Command = ["java", "-cp", classes, "Greeting"], Port = 8080 };

    /// <param name="folder">For its data.</param>
    public static BenchProgram ZooKeeper(string folder) => new() { Name = "zookeeper", Command = [FileOf("zookeeper.sh"), folder], Port = 2181, Request = "srvr" };

    /// <param name="folder">For what it writes.</param>
    public static BenchProgram Tomcat(string folder) => new() { Name = "tomcat", Command = [FileOf("tomcat.sh"), folder], Port = 8080 };

    /// <param name="processes">How many take turns.</param>
    public static BenchProgram Prefork(int processes) => new() { Name = FormattableString.Invariant($"prefork{processes}"), Command = ["python3", FileOf("prefork.py"), FormattableString.Invariant($"{processes}")], Port = 8080 };

    public static BenchProgram Iperf { get; } = new() { Name = "iperf", Command = ["iperf3", "-s"], Port = 5201 };

    public static BenchProgram BusyBox(int replicas) => new() { Name = "web", Command = ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", FileOf("www")], Port = 8080, Replicas = replicas };

    /// <summary>The folder of the servers' files; each side shows it at this path.</summary>
    public static string FilesFolder => Path.Combine(Repository.Root, "bench", "Figment.Bench", "Files");

    public IEnumerable<string> Machines => Enumerable.Range(1, Replicas).Select(number => FormattableString.Invariant($"{Name}-{number}"));

    private static string FileOf(string name) => Path.Combine(FilesFolder, name);
}
