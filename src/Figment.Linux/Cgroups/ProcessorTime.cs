using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Figment.Linux.Cgroups;

/// <summary>The processor time that a machine has used (cgroups(7)): of the controller cpuacct of version 1, or of the unified tree. Any thread.</summary>
public sealed class ProcessorTime : IDisposable
{
    private const long NanosecondsPerMicrosecond = 1000;

    private readonly SafeFileHandle _file;
    private readonly bool _isUnified;

    private ProcessorTime(SafeFileHandle file, bool isUnified) => (_file, _isUnified) = (file, isUnified);

    /// <summary>Null: this system does not count.</summary>
    public static ProcessorTime? Open(MachineCgroup group)
    {
        if (group.Folders.TryGetValue("cpuacct", out string? folder))
        {
            return new ProcessorTime(File.OpenHandle(Path.Combine(folder, "cpuacct.usage"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite), isUnified: false);
        }

        return group.Unified is { } unified && File.Exists(Path.Combine(unified, "cpu.stat"))
            ? new ProcessorTime(File.OpenHandle(Path.Combine(unified, "cpu.stat"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite), isUnified: true)
            : null;
    }

    /// <exception cref="IOException">The group is gone.</exception>
    public long ReadUs()
    {
        Span<byte> text = stackalloc byte[512];
        text = text[..RandomAccess.Read(_file, text, 0)];
        if (!_isUnified)
        {
            return Number(text) / NanosecondsPerMicrosecond;
        }

        ReadOnlySpan<byte> key = "usage_usec "u8;
        int at = text.IndexOf(key);
        return at >= 0 ? Number(text[(at + key.Length)..]) : throw new InvalidDataException("cpu.stat has no usage_usec");
    }

    public void Dispose() => _file.Dispose();

    private static long Number(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long number, out _) ? number : throw new InvalidDataException("no number where processor time should be");
}
