using System.Text;

namespace Figment.Compose.Tests.Support;

/// <summary>Files that only a test sees, below /app.</summary>
public sealed class MemoryFiles : IComposeFiles
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public string CurrentDirectory { get; init; } = "/app";

    public MemoryFiles Add(string path, string text) => Add(path, Encoding.UTF8.GetBytes(text));

    public MemoryFiles Add(string path, byte[] bytes)
    {
        _files[Path.GetFullPath(path, CurrentDirectory)] = bytes;
        return this;
    }

    public bool Exists(string path) => _files.ContainsKey(path);

    public FileContent Read(string path, int bytesMax)
    {
        if (!_files.TryGetValue(path, out byte[]? bytes))
        {
            return new FileContent(null, "there is no such file");
        }

        return bytes.Length > bytesMax ? new FileContent(null, $"it is larger than the {bytesMax} bytes that are still allowed") : new FileContent(bytes, null);
    }
}
