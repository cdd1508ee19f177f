using System.Diagnostics;
using System.Text.Json;
using Figment.Api.Contract;
using Figment.EndToEnd.Tests.Storms;
using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>A node of its own for one test: published programs, its own runtime and state folders. At the end it proves that nothing is left behind.</summary>
public sealed class FigmentNode : IDisposable
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateTempSubdirectory("figment-e2e-").FullName;
    private readonly HashSet<string> _applications = [];

    public FigmentNode()
    {
        Programs = Environment.GetEnvironmentVariable("FIGMENT_BIN_DIR") ?? Path.Combine(Root(), "artifacts", "figment");
        Assert.True(File.Exists(Path.Combine(Programs, "figment")), $"no programs in {Programs}: run ./test, which publishes them");
    }

    public string Programs { get; }

    /// <summary>Of the commands, and so of the daemon that the first of them starts.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Words before each command, and so before the daemon that the first of them starts: <c>nsenter</c> with its options.</summary>
    public IReadOnlyList<string> Prefix { get; init; } = [];

    /// <summary>For a test's own files; goes with the node.</summary>
    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(_folder, "test", name)).FullName;

    public string RuntimeDirectory => Path.Combine(_folder, "run");

    public string StateDirectory => Path.Combine(_folder, "state");

    public string Socket => Path.Combine(RuntimeDirectory, "figment.sock");

    /// <summary>On which its state is; null: where its folder is. Goes with the node.</summary>
    internal SmallDisk? Disk { get; set; }

    public static string Root()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Figment.slnx")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"no Figment.slnx above {AppContext.BaseDirectory}");
    }

    /// <summary>A command that must succeed; returns what it printed.</summary>
    public string Run(params string[] arguments)
    {
        var result = Try(arguments);
        Assert.True(result.Code == 0, $"figment {string.Join(' ', arguments)} ended with {result.Code}\nstdout: {result.Output}\nstderr: {result.Errors}\ndaemon: {Tail(Path.Combine(StateDirectory, "figmentd.log"))}");
        return result.Output;
    }

    public CommandResult Try(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(CommandTimeout))
        {
            process.Kill(entireProcessTree: false);
            Assert.Fail($"figment {string.Join(' ', arguments)} took longer than {CommandTimeout.TotalSeconds} s; daemon: {Tail(Path.Combine(StateDirectory, "figmentd.log"))}");
        }

        return new CommandResult(process.ExitCode, output.Result, errors.Result);
    }

    public Process Start(params string[] arguments)
    {
        string[] words = [.. Prefix, Path.Combine(Programs, "figment"), .. arguments];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["FIGMENT_RUNTIME_DIR"] = RuntimeDirectory;
        start.Environment["FIGMENT_STATE_DIR"] = StateDirectory;
        start.Environment["FIGMENT_BIN_DIR"] = Programs;
        foreach (var (name, value) in Variables)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Writes a Compose file and brings it up.</summary>
    public void Up(string application, string compose, params string[] more)
    {
        _applications.Add(application);
        Run(["up", "-p", application, "-f", Write(application, compose), .. more]);
    }

    public string Write(string application, string compose)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "compose", application)).FullName;
        string file = Path.Combine(folder, "compose.yaml");
        File.WriteAllText(file, compose);
        return file;
    }

    /// <summary>An up that must fail, and leave nothing of the application.</summary>
    public string FailingUp(string application, string compose)
    {
        var result = Try("up", "-p", application, "-f", Write(application, compose));
        Assert.True(result.Code != 0, $"up of {application} was to fail; it said {result.Output}");
        Assert.DoesNotContain(application, Run("ls"), StringComparison.Ordinal);
        return result.Errors;
    }

    public void Down(string application)
    {
        Run("down", "-v", "-p", application);
        _applications.Remove(application);
    }

    public IReadOnlyList<MachineView> Machines(string application) =>
        JsonSerializer.Deserialize(Run("ps", "-a", "-p", application, "--json"), ApiJson.Default.IReadOnlyListMachineView)!;

    /// <summary>Null: the node has no such application, or no such machine of it, or does not answer.</summary>
    public MachineState? StateOf(string application, string machine) =>
        Try("ps", "-a", "-p", application, "--json") is { Code: 0, Output: var listed }
            ? JsonSerializer.Deserialize(listed, ApiJson.Default.IReadOnlyListMachineView)!.FirstOrDefault(candidate => candidate.Machine == machine)?.State
            : null;

    public MachineView Machine(string application, string machine) =>
        Assert.Single(Machines(application), candidate => candidate.Machine == machine);

    public int DaemonPid() => JsonDocument.Parse(Run("version", "--json")).RootElement.GetProperty("daemon").GetProperty("daemonPid").GetInt32();

    /// <summary>Processes of this node, by the name of the program (<c>figment-box</c>).</summary>
    public IReadOnlyList<int> Processes(string program) =>
        [.. from folder in Directory.GetDirectories("/proc")
            where int.TryParse(Path.GetFileName(folder), out _)
            let command = CommandLine(folder)
            where command.Length > 0 && Path.GetFileName(command[0]) == program && BelongsHere(folder, command)
            select int.Parse(Path.GetFileName(folder), System.Globalization.CultureInfo.InvariantCulture)];

    /// <summary>The box of a machine that runs: its program's parent.</summary>
    public int BoxOf(string application, string machine) =>
        int.Parse(
            File.ReadLines($"/proc/{Machine(application, machine).Pid}/status").Single(line => line.StartsWith("PPid:", StringComparison.Ordinal))["PPid:".Length..],
            System.Globalization.CultureInfo.InvariantCulture);

    public void Dispose()
    {
        foreach (string application in _applications.ToArray())
        {
            Down(application);
        }

        string left = Directory.Exists(Path.Combine(RuntimeDirectory, "apps")) ? string.Join(' ', Directory.GetDirectories(Path.Combine(RuntimeDirectory, "apps"))) : "";
        if (File.Exists(Socket))
        {
            Try("daemon", "stop");
        }

        Disk?.Dispose();
        string mounts = string.Join('\n', File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(_folder, StringComparison.Ordinal)));
        Assert.Equal("", left);
        Assert.Equal("", mounts);
        Assert.Empty(Processes("figment-keeper"));
        Assert.Empty(Processes("figment-box"));
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Asks again until it is so; says what it was when the time is over.</summary>
    public static void Eventually(string phase, Func<string?> problem, int seconds = 30)
    {
        var watch = Stopwatch.StartNew();
        string? last;
        while ((last = problem()) is not null)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(seconds), $"{phase}: still after {seconds} s: {last}");
            Task.Delay(TimeSpan.FromMilliseconds(25)).Wait();
        }
    }

    private static string Tail(string file) => File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(15)) : "(no log)";

    private static string[] CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return []; // ended meanwhile
        }
    }

    private bool BelongsHere(string folder, string[] command)
    {
        try
        {
            return command.Any(argument => argument.Contains(_folder, StringComparison.Ordinal))
                || File.ReadAllText(Path.Combine(folder, "environ")).Contains(_folder, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
