using System.Diagnostics;
using System.Globalization;
using System.Text;
using Figment.Conformance.Tests.Compose;

namespace Figment.Conformance.Tests.Stages;

/// <summary>One service's program as a plain process: own network namespace, host name, process ids, and the node's files under an overlay in memory.</summary>
internal sealed class NativeMachine(ComposeService service, string name, string address, string networkNamespace, string folder) : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    // Docker's default capabilities and no new privileges: a command that passes here needs no more elsewhere.
    private const string Privileges = "setpriv --no-new-privs --inh-caps -all --bounding-set "
        + "-all,+chown,+dac_override,+fsetid,+fowner,+mknod,+net_raw,+setgid,+setuid,+setfcap,+setpcap,+net_bind_service,+sys_chroot,+kill,+audit_write";

    private Process? _outer;
    private int _pid;

    public ComposeService Service => service;

    public string Name => name;

    public string Address => address;

    public string NetworkNamespace => networkNamespace;

    public string Hostname => service.Hostname ?? name;

    private string LogFile => Path.Combine(folder, "log");

    public async Task StartAsync(string hostsFile, string volumesFolder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        string script = Path.Combine(folder, "start.sh");
        await File.WriteAllTextAsync(script, Script(hostsFile, volumesFolder), cancellation);
        // A process of another namespace cannot be told apart by a pipe alone, so output goes to a file and the id of the inner process is read from /proc.
        string[] words = ["ip", "netns", "exec", networkNamespace, "unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child=KILL", "--propagation", "private", "sh", "-eu", script];
        _outer = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec {Command.Quote(words)} </dev/null >>{Command.Quote(LogFile)} 2>&1"]))!;
        await Deadline.UntilAsync(StartLimit, () => $"{name} enters its root\n{ReadLog()}", () => Task.FromResult(Entered()), cancellation);
    }

    public IReadOnlyList<string> Enter(IReadOnlyList<string> command)
        => ["nsenter", "-t", _pid.ToString(CultureInfo.InvariantCulture), "-m", "-u", "-i", "-n", "-p", "-r", "-w", "sh", "-c", "exec " + Run(command)];

    /// <summary>Whether the machine listens (TCP) or is bound (UDP) at the port.</summary>
    public bool IsOpen(int port)
    {
        string wanted = $":{port:X4} ";
        string tables = $"/proc/{_pid}/net/";
        return File.Exists(tables + "tcp")
            && (new[] { "tcp", "tcp6" }.Any(table => HasRow(tables + table, wanted, " 0A ")) || new[] { "udp", "udp6" }.Any(table => HasRow(tables + table, wanted, " 07 ")));
    }

    public string ReadLog()
    {
        const int LinesMax = 40;
        string[] lines = File.Exists(LogFile) ? File.ReadAllLines(LogFile) : [];
        return $"== {name} ({(_outer is { HasExited: true } ? $"ended with {_outer.ExitCode}" : "running")})\n{string.Join('\n', lines.TakeLast(LinesMax))}";
    }

    public async Task StopAsync(CancellationToken cancellation)
    {
        if (_outer is null)
        {
            return;
        }

        // The inner process is the first of its process ids, so all of the machine ends with it. It may have ended by itself.
        // (--kill-child alone would not do: the kernel forgets it when the program changes its user.)
        if (!_outer.HasExited && _pid != 0)
        {
            await Command.RunAsync(["kill", "-KILL", _pid.ToString(CultureInfo.InvariantCulture)], null, cancellation);
        }
        else if (!_outer.HasExited)
        {
            _outer.Kill();
        }

        await _outer.WaitForExitAsync(cancellation);
    }

    public void Dispose() => _outer?.Dispose();

    private static bool HasRow(string table, string port, string state)
        => File.ReadLines(table).Skip(1).Any(line =>
        {
            // Local address first, then the remote one with port 0, then the state.
            int local = line.IndexOf(port, StringComparison.Ordinal);
            return local >= 0 && line.IndexOf(":0000 ", local, StringComparison.Ordinal) is >= 0 and int remote && line.IndexOf(state, remote, StringComparison.Ordinal) == remote + 5;
        });

    private bool Entered()
    {
        if (_outer!.HasExited)
        {
            throw new InvalidOperationException($"did not start: {ReadLog()}");
        }

        string children = $"/proc/{_outer.Id}/task/{_outer.Id}/children";
        if (!int.TryParse(File.ReadAllText(children).Trim(), CultureInfo.InvariantCulture, out _pid))
        {
            return false;
        }

        // Only the overlay has this text, so the process has changed its root.
        string marker = $"/proc/{_pid}/root/etc/hostname";
        return File.Exists(marker) && File.ReadAllText(marker) == Hostname + "\n";
    }

    private string Script(string hostsFile, string volumesFolder)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(FormattableString.Invariant(line)).Append('\n');
        string root = Path.Combine(folder, "root");
        Line($"mkdir -p {root}");
        // The upper folder must be on another file system than the node's root, which lies below.
        Line($"mount -t tmpfs machine {root}");
        Line($"mkdir {root}/upper {root}/work {root}/merged");
        Line($"mount -t overlay machine -o lowerdir=/,upperdir={root}/upper,workdir={root}/work {root}/merged");
        Line($"cd {root}/merged");
        Line($"mount -t proc proc proc");
        Line($"mount -t sysfs sysfs sys");
        Line($"mount --rbind /dev dev");
        Line($"mount -t tmpfs -o mode=1777 shm dev/shm");
        Line($"hostname {Hostname}");
        Line($"echo {Hostname} > etc/hostname");
        Line($"cp {Command.Quote(hostsFile)} etc/hosts");
        Line($": > etc/resolv.conf");
        for (int index = 0; index < service.Mounts.Count; index++)
        {
            Mount(Line, service.Mounts[index], Path.Combine(folder, $"config-{index}"), volumesFolder);
        }

        Line($"exec chroot . sh -c {Command.Quote("exec " + Run(service.Command))}");
        return text.ToString();
    }

    private static void Mount(Action<FormattableString> line, ComposeMount mount, string contentFile, string volumesFolder)
    {
        string source = mount.Path ?? contentFile;
        if (mount.Volume is not null)
        {
            source = Path.Combine(volumesFolder, mount.Volume);
            Directory.CreateDirectory(source);
        }
        else if (mount.Content is not null)
        {
            File.WriteAllText(contentFile, mount.Content);
        }

        string target = Command.Quote(mount.Target.TrimStart('/'));
        line($"mkdir -p $(dirname {target})");
        line($"{(Directory.Exists(source) ? "mkdir -p" : "touch")} {target}");
        line($"mount --bind {Command.Quote(source)} {target}");
        if (mount.ReadOnly)
        {
            line($"mount -o remount,bind,ro {target}");
        }
    }

    private string Run(IReadOnlyList<string> command)
    {
        string home = service.User is null ? "/root" : "/";
        string variables = Command.Quote(new[] { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", $"HOME={home}", $"HOSTNAME={Hostname}" }
            .Concat(service.Environment.Select(variable => $"{variable.Key}={variable.Value}")));
        string user = service.User is null ? "" : $"--reuid {service.User} --regid {service.User} --init-groups ";
        return $"env -i -C {service.WorkingDirectory ?? "/"} {variables} {Privileges} {user}-- {Command.Quote(command)}";
    }
}
