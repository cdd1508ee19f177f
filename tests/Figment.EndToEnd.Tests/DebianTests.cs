using System.Diagnostics;
using Figment.Images.Tests.Support;

namespace Figment.EndToEnd.Tests;

/// <summary>
/// A guest (QEMU without KVM) with Debian's own kernel, systemd as its first process and control groups of version 2 alone; its root is the node's, read-only below a layer in memory.
/// What is checked in it stands in Debian/check.sh.
/// </summary>
public sealed class DebianTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>A boot takes half a minute without KVM; this is for a loaded machine.</summary>
    private static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(8);

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-guest-").FullName;

    private static string Sources => Path.Combine(FigmentNode.Root(), "tests", "Figment.EndToEnd.Tests", "Debian");

    private static string Kernel => Path.Combine(FigmentNode.Root(), "artifacts", "debian-kernel");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("tier", "full")]
    public void On_Debians_kernel_with_systemd_an_application_survives_a_loss_of_power()
    {
        Assert.False(FigmentNode.Root().StartsWith("/tmp/", StringComparison.Ordinal), $"the guest's systemd empties /tmp at its start, and {FigmentNode.Root()} with it: clone elsewhere");
        Tool.Run(Path.Combine(Sources, "kernel.sh"), Kernel);
        string disk = Path.Combine(_folder, "disk");
        Tool.Run("sh", "-euc", $"truncate -s 1G {disk}; mkfs.ext4 -q {disk}");
        string check = Directory.CreateDirectory(Path.Combine(_folder, "check")).FullName;
        foreach (string unit in (string[])["check.service", "check.target"])
        {
            string text = File.ReadAllText(Path.Combine(Sources, unit));
            File.WriteAllText(Path.Combine(check, unit), text.Replace("@CHECK@", Sources, StringComparison.Ordinal).Replace("@ROOT@", FigmentNode.Root(), StringComparison.Ordinal));
        }

        Assert.Equal("check: the power fails", Boot(disk, check)[^1]);
        Assert.Equal("check: ended with 0", Boot(disk, check)[^1]);
    }

    /// <summary>Until the guest is off or begins anew; returns what the check said.</summary>
    private List<string> Boot(string disk, string check)
    {
        string console = Path.Combine(_folder, "console");
        string[] kernel = ["console=ttyS0", "quiet", "systemd.unit=check.target", "systemd.show_status=no", $"figment.kernel={Kernel}", $"figment.check={check}"];
        using var guest = Process.Start(new ProcessStartInfo("qemu-system-x86_64",
        [
            "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2048", "-nodefaults", "-no-reboot", "-display", "none",
            "-kernel", Path.Combine(Kernel, "vmlinuz"), "-initrd", Path.Combine(Kernel, "initramfs.gz"), "-append", string.Join(' ', kernel),
            "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap", "-drive", $"file={disk},if=virtio,format=raw", "-serial", $"file:{console}",
        ]))!;
        bool ended = guest.WaitForExit(BootLimit);
        if (!ended)
        {
            guest.Kill();
            guest.WaitForExit();
        }

        string said = File.ReadAllText(console);
        output.WriteLine(said);
        Assert.True(ended && guest.ExitCode == 0, $"the guest did not end in order within {BootLimit.TotalMinutes} min; its last words:\n{said[Math.Max(0, said.Length - 3000)..]}");
        List<string> checks = [.. said.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("check: ", StringComparison.Ordinal))];
        Assert.True(checks.Count > 0 && !checks.Exists(line => line.Contains("FAILED", StringComparison.Ordinal)), said);
        return checks;
    }
}
