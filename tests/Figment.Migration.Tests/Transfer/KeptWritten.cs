using Figment.Migration.Written;

namespace Figment.Migration.Tests.Transfer;

/// <summary>Keeps what was said of written files, in words.</summary>
internal sealed class KeptWritten : IWrittenSink
{
    public List<string> Said { get; } = [];

    public List<byte[]> Bytes { get; } = [];

    public void SetLength(int content, long length) => Said.Add($"{content} has {length}");

    public void Write(int content, long offset, ReadOnlySpan<byte> bytes)
    {
        Said.Add($"{content} at {offset}: {bytes.Length}");
        Bytes.Add(bytes.ToArray());
    }

    public void Clear(int content, long offset, uint pages) => Said.Add($"{content} at {offset}: {pages} pages of zeros");

    public void Change(ReadOnlyMemory<byte> json)
    {
        Said.Add($"change of {json.Length}");
        Bytes.Add(json.ToArray());
    }
}
