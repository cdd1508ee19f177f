namespace Figment.Compose.Files;

/// <summary>The real files.</summary>
internal sealed class DiskFiles : IComposeFiles
{
    public string CurrentDirectory => Directory.GetCurrentDirectory();

    public bool Exists(string path) => path == "-" || File.Exists(path);

    public FileContent Read(string path, int bytesMax)
    {
        try
        {
            using Stream stream = path == "-" ? Console.OpenStandardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            byte[] buffer = new byte[16 * 1024];
            for (int count = stream.Read(buffer); count > 0; count = stream.Read(buffer))
            {
                if (copy.Length + count > bytesMax)
                {
                    return new FileContent(null, $"it is larger than the {bytesMax} bytes that are still allowed");
                }

                copy.Write(buffer, 0, count);
            }

            return new FileContent(copy.ToArray(), null);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return new FileContent(null, "there is no such file");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new FileContent(null, exception.Message);
        }
    }
}
