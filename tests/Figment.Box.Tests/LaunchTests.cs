using System.Text;
using Figment.Box.Tests.Harness;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Box.Tests;

public sealed class LaunchTests : IDisposable
{
    private readonly TestNetwork _network = new();
    private readonly string _folder = TestBox.NewFolder();

    public void Dispose()
    {
        _network.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_program_runs_and_its_exit_code_and_output_come_back()
    {
        using var box = TestBox.Start(_network, TestMachines.Script("echo out; echo err >&2; exit 7"));

        box.Expect<BoxMessage.Started>();
        var exited = box.ExpectExit();

        Assert.Equal(7, exited.ExitCode);
        Assert.Null(exited.Signal);
        Assert.Equal(["err", "out"], exited.LastLines.Order());
        Assert.Equal(["err", "out"], box.Log.Order());
    }

    [Theory]
    [InlineData("no-such-program", 127, "not found along the machine's PATH")]
    [InlineData("/no/such/program", 127, "there is no such file in the machine")]
    [InlineData("/etc/passwd", 126, "cannot execute /etc/passwd: EACCES")]
    [InlineData("/usr", 126, "cannot execute /usr: EACCES")]
    public void A_program_that_cannot_be_executed_says_why(string program, int code, string reason)
    {
        using var box = TestBox.Start(_network, TestMachines.Host(program));

        var failed = box.Expect<BoxMessage.StartFailed>();

        Assert.Equal(code, failed.ExitCode);
        Assert.Contains(reason, failed.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody-such", "the machine's /etc/passwd has no such user")]
    [InlineData("root:nogroup-such", "the machine's /etc/group has no such group")]
    public void An_unknown_user_says_so(string user, string reason)
    {
        var machine = TestMachines.Host("/bin/true");
        using var box = TestBox.Start(_network, machine with { Program = machine.Program with { User = user } });

        Assert.Contains(reason, box.Expect<BoxMessage.StartFailed>().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_machine_is_a_host_of_its_own()
    {
        var lines = Run(TestMachines.Script(
            "hostname; echo $$; cat /etc/hostname; ls /proc | grep -c '^[0-9]'; ls /sys/class/net | tr '\\n' ' '; echo; stat -f -c %T /dev/shm; echo x > /dev/null && echo null; "
            + "cat /proc/keys /proc/timer_list /proc/sched_debug 2>/dev/null | wc -c; touch /sys/x 2>/dev/null || echo sys-ro; echo 1 2>/dev/null > /proc/sys/kernel/panic || echo proc-ro; ls -A /tmp /run/lock | wc -l"));

        Assert.Equal(["web-1", "1", "web-1"], lines[..3]);
        Assert.True(int.Parse(lines[3], System.Globalization.CultureInfo.InvariantCulture) <= 4, $"processes seen: {lines[3]}");
        Assert.Equal("eth0 lo ", lines[4]);
        Assert.Equal(["tmpfs", "null", "0", "sys-ro", "proc-ro"], lines[5..10]);
    }

    [Fact]
    public void Names_are_in_the_hosts_file_and_resolv_conf_names_the_gateway()
    {
        var machine = TestMachines.Script("cat /etc/hosts /etc/resolv.conf") with { DomainName = "example.org", ExtraHosts = [new("db", "192.0.2.7"), new("node", "host-gateway")] };

        var lines = Run(machine);

        Assert.Contains("10.213.0.2\tweb-1.example.org web-1", lines);
        Assert.Contains("192.0.2.7\tdb", lines);
        Assert.Contains("10.213.0.1\tnode", lines);
        Assert.Contains("nameserver 10.213.0.1", lines);
    }

    [Fact]
    public void User_groups_folder_and_environment_are_as_asked_for()
    {
        var machine = TestMachines.Script("id -u; id -g; id -G; pwd; echo $HOME; echo $GREETING; umask; ulimit -n; echo ${FIGMENT_RUNTIME_DIR-unset}");
        machine = machine with
        {
            Program = machine.Program with { User = "nobody", AdditionalGroups = ["daemon", "4711"], WorkingDirectory = "/srv/app", Environment = [.. machine.Program.Environment, "GREETING=good day"] },
            Ulimits = [new UlimitSpec { Name = "nofile", Soft = 512, Hard = 600 }],
        };

        Assert.Equal(["65534", "65534", "65534 1 4711", "/srv/app", "/nonexistent", "good day", "0022", "512", "unset"], Run(machine));
    }

    [Fact]
    public void Capabilities_privileges_and_signals_are_as_docker_sets_them()
    {
        var lines = Run(TestMachines.Script("grep -E '^(Cap|NoNewPrivs|Seccomp|Sig(Ign|Blk))' /proc/self/status"));

        Assert.Equal(
            [
                "SigBlk:0000000000000000", "SigIgn:0000000000000000", "CapInh:0000000000000000", "CapPrm:00000000a80425fb", "CapEff:00000000a80425fb", "CapBnd:00000000a80425fb",
                "CapAmb:0000000000000000", "NoNewPrivs:1", "Seccomp:2", "Seccomp_filters:2",
            ],
            lines.Select(line => line.Replace("\t", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_user_without_root_has_no_capabilities_in_effect()
    {
        var machine = TestMachines.Script("grep -E '^Cap(Prm|Eff|Bnd)' /proc/self/status");

        Assert.Equal(["CapPrm:0000000000000000", "CapEff:0000000000000000", "CapBnd:00000000a80425fb"], Run(machine with { Program = machine.Program with { User = "65534" } }).Select(line => line.Replace("\t", "", StringComparison.Ordinal)));
    }

    [Fact]
    public void Denied_calls_fail_and_device_files_open_nothing()
    {
        var lines = Run(TestMachines.Script(
            "unshare -U true 2>/dev/null || echo no-userns; mount -t tmpfs x /mnt 2>/dev/null || echo no-mount; mknod /tmp/disk b 254 0; mknod /root/disk b 254 0; "
            + "for d in /tmp/disk /root/disk; do head -c1 $d 2>/dev/null || echo no-device; done; "
            + "/usr/bin/python3 -c 'import ctypes; l=ctypes.CDLL(None,use_errno=True); l.syscall(425,1,0); print(ctypes.get_errno()); l.syscall(250,0,0); print(ctypes.get_errno())'"));

        Assert.Equal(["no-userns", "no-mount", "no-device", "no-device", "38", "1"], lines);
    }

    [Fact]
    public void What_a_machine_writes_stays_in_its_overlay()
    {
        string marker = $"/etc/figment-test-{Environment.ProcessId}";
        Run(TestMachines.Script($"echo mine > {marker}; cat {marker}"));

        Assert.False(File.Exists(marker));
    }

    [Fact]
    public void The_next_start_over_the_same_overlay_finds_what_was_written_and_removes_what_overlays_left()
    {
        string overlay = Path.Combine(_folder, "overlay");
        for (int start = 1; start <= 3; start++)
        {
            using var box = TestBox.Start(_network, TestMachines.Script("echo x >> /etc/starts; cat /etc/starts"), change: launch => launch with
            {
                Machine = launch.Machine with { Root = launch.Machine.Root with { OverlayDirectory = overlay } },
            });
            box.ExpectExit();
            Assert.Equal(Enumerable.Repeat("x", start), box.Log);
        }

        Assert.True(Directory.Exists(Path.Combine(overlay, "work")));
        Assert.False(Directory.Exists(Path.Combine(overlay, "work.old")));
    }

    [Fact]
    public void A_read_only_root_refuses_writes_but_not_in_mounts()
    {
        var machine = TestMachines.Script("touch /etc/x 2>/dev/null || echo root-ro; touch /data/x && echo data; touch /ro/x 2>/dev/null || echo ro; touch /scratch/x && stat -f -c %T /scratch; cat /etc/one");
        Directory.CreateDirectory(Path.Combine(_folder, "data"));
        File.WriteAllText(Path.Combine(_folder, "one"), "single file\n");

        var lines = Run(machine with
        {
            Root = machine.Root with { ReadOnly = true },
            Mounts =
            [
                new MountLaunch { Kind = MountKind.Bind, Source = Path.Combine(_folder, "data"), Target = "/data" },
                new MountLaunch { Kind = MountKind.Bind, Source = Path.Combine(_folder, "data"), Target = "/ro", ReadOnly = true },
                new MountLaunch { Kind = MountKind.Bind, Source = Path.Combine(_folder, "one"), Target = "/etc/one" },
                new MountLaunch { Kind = MountKind.Tmpfs, Target = "/scratch", SizeBytes = 65_536 },
            ],
        });

        Assert.Equal(["root-ro", "data", "ro", "tmpfs", "single file"], lines);
        Assert.True(File.Exists(Path.Combine(_folder, "data", "x")));
    }

    [Fact]
    public void A_missing_bind_source_is_named()
    {
        using var box = TestBox.Start(_network, TestMachines.Host("/bin/true") with { Mounts = [new MountLaunch { Kind = MountKind.Bind, Source = "/no/such", Target = "/data" }] });

        Assert.Contains("mount /data: /no/such does not exist on the node", box.Expect<BoxMessage.StartFailed>().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_static_program_runs_on_an_image_of_its_own_and_fills_a_volume()
    {
        var machine = Image(out string volume);

        var lines = Run(machine with { Program = machine.Program with { Arguments = ["sh", "-c", "ls /; cat /data/greeting; ls -ld /data/link; cat /escape/passwd | head -1"] } });

        Assert.Equal("bin data dev escape etc proc sys", string.Join(' ', lines[..7]));
        Assert.Equal("from the image", lines[7]);
        Assert.EndsWith("/data/link -> /nowhere", lines[8], StringComparison.Ordinal);
        Assert.Equal("root:x:0:0:of the image:/:/bin/sh", lines[9]);
        Assert.True(File.Exists(Path.Combine(volume, "greeting")));
    }

    [Fact]
    public void Init_reaps_and_passes_signals_on()
    {
        var machine = TestMachines.Script("cat /proc/1/comm; trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done");
        using var box = TestBox.Start(_network, machine with { Program = machine.Program with { Init = true } });
        Wait.Until(() => box.Log.Contains("ready"), "the program is ready");

        box.Send(new BoxMessage.StopProgram());

        Assert.Equal(5, box.ExpectExit().ExitCode);
        Assert.Equal(["tini-static", "ready", "bye"], box.Log.Select(line => line == "init" ? "tini-static" : line));
    }

    [Fact]
    public void A_program_that_ignores_its_signal_is_killed_after_the_grace_time()
    {
        using var box = TestBox.Start(_network, TestMachines.Script("trap '' TERM; echo ready; sleep 1000 & wait; sleep 1000"));
        Wait.Until(() => box.Log.Contains("ready"), "the program is ready");

        box.Send(new BoxMessage.StopProgram { GraceMs = 200 });

        var exited = box.ExpectExit();
        Assert.Equal((137, 9), (exited.ExitCode, exited.Signal));
        Assert.False(exited.OutOfMemory);
    }

    [Fact]
    public void A_program_that_wants_more_memory_than_it_may_is_said_to_have_run_out()
    {
        var machine = TestMachines.Host("/usr/bin/python3", "-c", "x = bytearray(200_000_000)") with { Resources = new ResourceSpec { MemoryBytes = 50_000_000, PidsMax = 20, Cpus = 0.5 } };
        using var box = TestBox.Start(_network, machine);

        var exited = box.ExpectExit();

        Assert.Equal((137, true), (exited.ExitCode, exited.OutOfMemory));
    }

    [Fact]
    public void Settings_of_the_machine_s_namespaces_are_set_and_others_refused()
    {
        var machine = TestMachines.Script("cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmni");

        Assert.Equal(["77", "99"], Run(machine with { Sysctls = [new("net.core.somaxconn", "77"), new("kernel.shmmni", "99")] }));
        using var box = TestBox.Start(_network, machine with { Sysctls = [new("kernel.panic", "1")] });
        Assert.Contains("kernel.panic", box.Expect<BoxMessage.StartFailed>().Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_on_a_terminal_has_one()
    {
        var machine = TestMachines.Script("tty; test -t 0 && test -t 1 && test -t 2 && echo all; ls -l /dev/console | cut -c1; echo $TERM");

        Assert.Equal(["/dev/pts/0", "all", "c", "xterm"], Run(machine with { Program = machine.Program with { Tty = true } }));
    }

    [Fact]
    public void The_log_is_rotated()
    {
        var machine = TestMachines.Script("i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done") with { Logging = new LoggingSpec { MaxSizeBytes = 2000, MaxFiles = 2 } };
        using var box = TestBox.Start(_network, machine);

        var exited = box.ExpectExit();

        Assert.Equal("line 99", box.Log[^1]);
        Assert.Equal(20, exited.LastLines.Count);
        Assert.True(File.Exists(box.LogPath + ".1"));
        Assert.False(File.Exists(box.LogPath + ".2"));
        Assert.InRange(new FileInfo(box.LogPath + ".1").Length, 1, 2000);
    }

    [Fact]
    public void Hooks_run_after_the_start_and_before_the_stop()
    {
        var machine = TestMachines.Script("trap 'cat /tmp/order; exit 0' TERM; echo ready; while :; do sleep 0.05; done") with
        {
            PostStart = [new HookSpec { Command = ["/bin/sh", "-c", "echo $WHO started >> /tmp/order; echo hooked > /proc/1/fd/1"], Environment = [new("WHO", "hook")] }],
            PreStop = [new HookSpec { Command = ["/bin/sh", "-c", "echo stopping >> /tmp/order"] }],
        };
        using var box = TestBox.Start(_network, machine);
        Wait.Until(() => box.Log.Contains("hooked") && box.Log.Contains("ready"), "the first hook has run");

        box.Send(new BoxMessage.StopProgram());
        box.ExpectExit();

        Assert.Equal(["hook started", "stopping"], box.Log.Where(line => line is not ("hooked" or "ready")));
    }

    /// <summary>Runs to the end and returns what it printed.</summary>
    private string[] Run(MachineLaunch machine)
    {
        using var box = TestBox.Start(_network, machine);
        box.ExpectExit();
        return [.. box.Log];
    }

    /// <summary>A root with nothing but busybox, with a link that would lead out of it.</summary>
    private MachineLaunch Image(out string volume)
    {
        string root = Path.Combine(_folder, "image");
        volume = Path.Combine(_folder, "volume");
        Directory.CreateDirectory(volume);
        foreach (string folder in new[] { "bin", "etc", "data" })
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
        }

        File.Copy("/bin/busybox", Path.Combine(root, "bin", "busybox"));
        foreach (string applet in new[] { "sh", "ls", "cat", "head" })
        {
            File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "/bin/busybox");
        }

        File.WriteAllText(Path.Combine(root, "etc", "passwd"), "root:x:0:0:of the image:/:/bin/sh\n", Encoding.ASCII);
        File.CreateSymbolicLink(Path.Combine(root, "escape"), "/etc");
        File.WriteAllText(Path.Combine(root, "data", "greeting"), "from the image\n");
        File.CreateSymbolicLink(Path.Combine(root, "data", "link"), "/nowhere");
        return TestMachines.Host("sh") with
        {
            Root = new RootLaunch { LowerDirectories = [root], OverlayDirectory = "" },
            Mounts =
            [
                new MountLaunch { Kind = MountKind.Volume, Source = volume, Target = "/data", CopyUp = true },
                new MountLaunch { Kind = MountKind.Bind, Source = volume, Target = "/escape/mounted", ReadOnly = true },
            ],
        };
    }
}
