using System.Diagnostics;
using Figment.Linux.Processes;

namespace Figment.Linux.Tests.Processes;

public sealed class SharedMemoryTests
{
    /// <summary>A child of vfork(2) that begins no program.</summary>
    private const string Borrower = """
        import ctypes, os, sys
        libc = ctypes.CDLL(None)
        stack = ctypes.create_string_buffer(65536)
        pid = libc.clone(ctypes.cast(libc.pause, ctypes.c_void_p), ctypes.c_void_p(ctypes.addressof(stack) + 65536), 0x100 | 17, None)
        print(pid, flush=True)
        sys.stdin.read()
        os.kill(pid, 9)
        """;

    [Fact]
    public void A_child_that_has_its_parents_memory_is_told_from_others()
    {
        using var process = Process.Start(new ProcessStartInfo("python3", ["-c", Borrower]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        int child = int.Parse(process.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);

        Assert.True(SharedMemory.Is(child, process.Id));
        Assert.True(SharedMemory.Is(process.Id, child));
        Assert.False(SharedMemory.Is(process.Id, Environment.ProcessId));

        process.StandardInput.Close();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)));
        Assert.False(SharedMemory.Is(process.Id, Environment.ProcessId));
    }
}
