using System.Diagnostics;
using System.Globalization;
using Figment.EndToEnd.Tests.Storms;

namespace Figment.EndToEnd.Tests;

/// <summary>Two nodes of a cluster, each in a network namespace of its own, with a wire between them.</summary>
public sealed class NodePair : IDisposable
{
    private static int s_last;

    private readonly string _tag = string.Create(CultureInfo.InvariantCulture, $"fp{Environment.ProcessId % 10_000}{Interlocked.Increment(ref s_last)}");

    /// <param name="ownDisks">Each node has its state on a file system of its own, which can be filled.</param>
    public NodePair(bool ownDisks = false)
    {
        Ip("netns", "add", _tag + "a");
        Ip("netns", "add", _tag + "b");
        Ip("link", "add", "wire", "netns", _tag + "a", "type", "veth", "peer", "name", "wire", "netns", _tag + "b");
        A = Node("a", "192.0.2.1");
        B = Node("b", "192.0.2.2");
        if (ownDisks)
        {
            A.Disk = new SmallDisk(A.StateDirectory);
            B.Disk = new SmallDisk(B.StateDirectory);
        }

        A.Run("node", "init", "--address", "192.0.2.1");
        B.Run("node", "join", "192.0.2.1", A.Run("node", "token", "-q").Trim(), "--address", "192.0.2.2");
    }

    public FigmentNode A { get; }

    public FigmentNode B { get; }

    /// <summary>A program in a node's network.</summary>
    public static string[] In(FigmentNode node, params string[] words) => [.. node.Prefix, .. words];

    public void Cut(bool isCut) => Ip("-n", _tag + "a", "link", "set", "wire", isCut ? "down" : "up");

    /// <summary>20 Mbit/s, each way.</summary>
    public void Slow(bool isSlow)
    {
        foreach (string name in (string[])["a", "b"])
        {
            string[] what = ["qdisc", isSlow ? "add" : "del", "dev", "wire", "root"];
            Run("tc", ["-n", _tag + name, .. what, .. isSlow ? (string[])["tbf", "rate", "20mbit", "burst", "64kb", "latency", "400ms"] : []]);
        }
    }

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
        Ip("netns", "del", _tag + "a");
        Ip("netns", "del", _tag + "b");
    }

    private FigmentNode Node(string name, string address)
    {
        Ip("-n", _tag + name, "link", "set", "lo", "up");
        Ip("-n", _tag + name, "address", "add", address + "/24", "dev", "wire");
        Ip("-n", _tag + name, "link", "set", "wire", "up");
        return new FigmentNode { Prefix = ["nsenter", $"--net=/run/netns/{_tag}{name}"], Variables = { ["FIGMENT_NODE"] = name } };
    }

    private static void Ip(params string[] words) => Run("ip", words);

    private static void Run(string program, string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', words)}: {errors}");
    }
}
