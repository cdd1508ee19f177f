using System.Diagnostics;
using System.Globalization;
using Figment.Linux.Cgroups;

namespace Figment.Keeper.Tests.Metering;

/// <summary>A shell in a real control group that burns processor time when it is told to.</summary>
internal sealed class GroupedProcess : IDisposable
{
    private const string Script = "while read -r count; do i=0; while [ $i -lt $count ]; do i=$((i+1)); done; echo done; done";

    private static int s_number;

    private readonly MachineCgroup _group = MachineCgroup.Create(CgroupLayout.Detect(), $"figment-meter-{Environment.ProcessId}-{Interlocked.Increment(ref s_number)}");
    private readonly Process _process;

    public GroupedProcess()
    {
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        foreach (string folder in _group.Folders.Values.Distinct())
        {
            File.WriteAllText(Path.Combine(folder, "cgroup.procs"), _process.Id.ToString(CultureInfo.InvariantCulture));
        }
    }

    public IReadOnlyDictionary<string, string> Folders => _group.Folders;

    public int Pid => _process.Id;

    public long ProcessorUs
    {
        get
        {
            using var processor = ProcessorTime.Open(_group.Folders)!;
            return processor.ReadUs();
        }
    }

    public long MemoryBytes
    {
        get
        {
            using var memory = MemoryUse.Open(_group.Folders)!;
            return memory.ReadBytes();
        }
    }

    /// <summary>Returns when it has burnt it.</summary>
    public void Burn(int rounds = 200_000)
    {
        _process.StandardInput.WriteLine(rounds);
        Assert.Equal("done", _process.StandardOutput.ReadLine());
    }

    /// <summary>Ends it and removes its group, as a box does before its last word.</summary>
    public void End()
    {
        _process.Kill();
        _process.WaitForExit();
        Assert.Empty(_group.Remove(TimeProvider.System));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            End();
        }

        _process.Dispose();
    }
}
