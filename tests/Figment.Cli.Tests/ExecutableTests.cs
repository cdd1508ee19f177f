using System.Diagnostics;

namespace Figment.Cli.Tests;

/// <summary>The built program in a process of its own: what only a process can show.</summary>
public sealed class ExecutableTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0, "--version")]
    [InlineData(2, "nonsense")]
    [InlineData(125, "run")]
    [InlineData(3, "daemon status")]
    public async Task The_exit_code_is_that_of_the_process(int code, string line)
    {
        var (exit, _, _) = await ShellAsync($"$FIGMENT {line}");

        Assert.Equal(code, exit);
    }

    [Fact]
    public async Task A_reader_that_leaves_ends_it_quietly()
    {
        await using var daemon = await Daemon.StartAsync();

        var (exit, output, error) = await ShellAsync("set -o pipefail; $FIGMENT -p guestbook ps | head -0", ("FIGMENT_HOST", "unix://" + daemon.SocketPath));

        // 141 is SIGPIPE's, as of any program; 0 if all fitted into the pipe before the reader left.
        Assert.True(exit is 141 or 0, $"exit code {exit}");
        Assert.Equal(("", ""), (output, error));
    }

    [Fact]
    public async Task Nothing_but_data_goes_to_a_pipe()
    {
        await using var daemon = await Daemon.StartAsync();

        var (exit, output, error) = await ShellAsync("$FIGMENT -p guestbook ps | cat", ("FIGMENT_HOST", "unix://" + daemon.SocketPath));

        Assert.Equal((0, ""), (exit, error));
        Assert.StartsWith("MACHINE  SERVICE", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("NO_COLOR=1", false)]
    [InlineData("TERM=dumb", false)]
    public async Task A_terminal_gets_colours_unless_they_are_not_wanted(string variable, bool coloured)
    {
        await using var daemon = await Daemon.StartAsync();

        var (exit, output, _) = await ShellAsync($"env -u NO_COLOR TERM=xterm script -qec \"env {variable} $FIGMENT -p guestbook ps\" /dev/null", ("FIGMENT_HOST", "unix://" + daemon.SocketPath));

        Assert.Equal((0, coloured), (exit, output.Contains("\e[32m", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Exec_on_a_terminal_asks_for_one_and_leaves_it_as_it_was()
    {
        await using var daemon = await Daemon.StartAsync();

        // The far end ends at the end of input (Ctrl-D of the pseudo terminal that script(1) makes); afterwards stty must see the mode of before.
        var (exit, output, _) = await ShellAsync(
            $"""
            cat > {_folder}/inner <<EOF
            stty -a > {_folder}/before
            $FIGMENT -p guestbook exec web cat
            echo code=\$?
            stty -a > {_folder}/after
            EOF
            script -qec "sh {_folder}/inner" /dev/null < /dev/null
            """,
            ("FIGMENT_HOST", "unix://" + daemon.SocketPath));

        Assert.Equal(0, exit);
        Assert.Contains("code=7", output, StringComparison.Ordinal);
        Assert.True(daemon.Exec!.Tty);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(_folder, "before")), await File.ReadAllTextAsync(Path.Combine(_folder, "after")));
    }

    [Fact]
    public async Task Progress_on_a_terminal_is_redrawn_in_place()
    {
        await using var daemon = await Daemon.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "compose.yaml"), "name: guestbook\nservices:\n  web:\n    image: guestbook:1\n");

        var (exit, output, _) = await ShellAsync($"env -u NO_COLOR TERM=xterm script -qec \"$FIGMENT up {_folder}\" /dev/null", ("FIGMENT_HOST", "unix://" + daemon.SocketPath));

        Assert.Equal(0, exit);
        Assert.Contains("pulled", output, StringComparison.Ordinal);
        Assert.Contains("\e[", output, StringComparison.Ordinal);
        Assert.Contains("web  http://127.0.0.1:8080", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Live_top_is_sorted_by_keys_left_with_q_and_leaves_the_terminal_as_it_was()
    {
        await using var daemon = await Daemon.StartAsync();
        var running = ShellAsync(
            $"""
            cat > {_folder}/inner <<EOF
            stty -a > {_folder}/before
            $FIGMENT -p guestbook top --interval 0.1
            echo code=\$?
            stty -a > {_folder}/after
            EOF
            mkfifo keys
            TERM=xterm script -qec "sh {_folder}/inner" /dev/null < keys
            """,
            ("FIGMENT_HOST", "unix://" + daemon.SocketPath));
        using var deadline = new CancellationTokenSource(Deadline);
        while (!File.Exists(Path.Combine(_folder, "keys")))
        {
            Assert.False(running.IsCompleted, "it ended before it could be typed to");
            await Task.Delay(10, deadline.Token);
        }

        // Opening waits until the other end is there.
        await using var keys = await Task.Run(() => File.OpenWrite(Path.Combine(_folder, "keys")), deadline.Token);
        await SamplesAsync(2);
        await keys.WriteAsync("s"u8.ToArray(), deadline.Token);
        await keys.FlushAsync(deadline.Token);
        await SamplesAsync(4);
        await keys.WriteAsync("q"u8.ToArray(), deadline.Token);
        await keys.FlushAsync(deadline.Token);
        var (exit, output, _) = await running;

        Assert.Equal(0, exit);
        Assert.Contains("code=0", output, StringComparison.Ordinal);
        Assert.Contains("3 machines: 1 running, 1 frozen, 1 imaginary; node: cpu ", output, StringComparison.Ordinal);
        string last = output[output.LastIndexOf("LAST WAKE", StringComparison.Ordinal)..];
        Assert.True(last.IndexOf("web-1", StringComparison.Ordinal) < last.IndexOf("redis-1", StringComparison.Ordinal), $"by state, web-1 comes first: {last}");
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(_folder, "before")), await File.ReadAllTextAsync(Path.Combine(_folder, "after")));

        async Task SamplesAsync(int count)
        {
            while (daemon.Seen.Count(request => request.Contains("/v1/top", StringComparison.Ordinal)) < count)
            {
                Assert.False(running.IsCompleted, "it ended by itself");
                await Task.Delay(10, deadline.Token);
            }
        }
    }

    [Fact]
    public async Task A_daemon_that_dies_at_once_is_told_with_its_last_words()
    {
        await DaemonScriptAsync("#!/bin/sh\necho 'cannot open the journal: EROFS' >&2\nexit 1\n");

        var (exit, _, error) = await ShellAsync("chmod +x figmentd && $FIGMENT ps", ("FIGMENT_BIN_DIR", _folder));

        Assert.Equal(1, exit);
        Assert.Contains("figment: cannot start the daemon: it ended at once", error, StringComparison.Ordinal);
        Assert.Contains("  cannot open the journal: EROFS", error, StringComparison.Ordinal);
        Assert.Contains($"hint: less {_folder}/state/figmentd.log", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_daemon_is_started_in_a_session_of_its_own_and_used()
    {
        // What is under test is the starting: the one started says where it stands and passes each connection on to a server that answers.
        await using var daemon = await Daemon.StartAsync();
        string pidFile = Path.Combine(_folder, "pid");
        await DaemonScriptAsync($"""
            #!/usr/bin/env python3
            import os, socket, sys, threading
            print("stdin", os.readlink("/proc/self/fd/0"), "session", os.getsid(0) == os.getpid(), "folder", os.getcwd(), flush=True)
            def copy(a, b):
                while data := a.recv(65536):
                    b.sendall(data)
                b.shutdown(socket.SHUT_WR)
            listener = socket.socket(socket.AF_UNIX)
            os.makedirs(os.environ["FIGMENT_RUNTIME_DIR"], exist_ok=True)
            listener.bind(os.environ["FIGMENT_RUNTIME_DIR"] + "/figment.sock")
            listener.listen()
            open("{pidFile}", "w").write(str(os.getpid()))
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect("{daemon.SocketPath}")
                threading.Thread(target=copy, args=(near, far), daemon=True).start()
                threading.Thread(target=copy, args=(far, near), daemon=True).start()

            """);
        try
        {
            var (exit, output, error) = await ShellAsync("chmod +x figmentd && $FIGMENT ls -q", ("FIGMENT_BIN_DIR", _folder));

            Assert.Equal((0, "guestbook\n", ""), (exit, output, error));
            Assert.Equal("stdin /dev/null session True folder /\n", await File.ReadAllTextAsync(Path.Combine(_folder, "state", "figmentd.log")));
        }
        finally
        {
            if (File.Exists(pidFile))
            {
                using var started = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(pidFile), System.Globalization.CultureInfo.InvariantCulture));
                started.Kill();
            }
        }
    }

    [Fact]
    public async Task Who_is_not_root_is_told_what_to_do()
    {
        var cli = new Cli { IsRoot = false };

        Assert.Equal(1, await cli.RunAsync("ps"));
        Assert.Contains("only root can start it\nhint: sudo systemctl start figmentd.socket, or put sudo before the command once\n", cli.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task The_first_signal_ends_what_is_under_way_with_its_exit_code(string signal, int code)
    {
        await using var daemon = await Daemon.StartAsync();

        // Whoever runs the tests may have SIGINT ignored, as a shell has it for what it starts in the background.
        // The second sample is a day away: only the signal ends this, sent after the first sample was asked for.
        var running = ShellAsync("echo $$ > pid; exec env --default-signal=INT,TERM $FIGMENT -p guestbook top --interval 86400", ("FIGMENT_HOST", "unix://" + daemon.SocketPath));
        using var deadline = new CancellationTokenSource(Deadline);
        while (!daemon.Seen.Any(request => request.Contains("/v1/top", StringComparison.Ordinal)))
        {
            Assert.False(running.IsCompleted, "it ended before it asked for a sample");
            await Task.Delay(10, deadline.Token);
        }

        await ShellAsync($"kill -{signal} $(cat pid)");
        var (exit, _, error) = await running;

        Assert.Equal((code, ""), (exit, error));
    }

    private Task DaemonScriptAsync(string text) => File.WriteAllTextAsync(Path.Combine(_folder, "figmentd"), text);

    private async Task<(int Exit, string Output, string Error)> ShellAsync(string script, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = _folder };

        // FIGMENT_EXECUTABLE=FILE tries another build, such as the published one.
        start.Environment["FIGMENT"] = Environment.GetEnvironmentVariable("FIGMENT_EXECUTABLE") ?? "dotnet " + Path.Combine(AppContext.BaseDirectory, "figment.dll");
        start.Environment["FIGMENT_RUNTIME_DIR"] = Path.Combine(_folder, "run");
        start.Environment["FIGMENT_STATE_DIR"] = Path.Combine(_folder, "state");
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var shell = Process.Start(start)!;
        shell.StandardInput.Close();
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            var output = shell.StandardOutput.ReadToEndAsync(deadline.Token);
            var error = shell.StandardError.ReadToEndAsync(deadline.Token);
            await shell.WaitForExitAsync(deadline.Token);
            return (shell.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            shell.Kill(entireProcessTree: true);
            throw new TimeoutException($"the shell did not end within {Deadline.TotalSeconds} s: {script}");
        }
    }
}
