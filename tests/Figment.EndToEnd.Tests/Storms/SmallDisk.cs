using System.Diagnostics;

namespace Figment.EndToEnd.Tests.Storms;

/// <summary>A file system of its own for a folder, which can be filled.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const string Filler = "filler";
    private const long BytesMax = 768L << 20;

    /// <summary>The file system's own needs: what is left of it is written.</summary>
    private const long RestBytes = 8 << 20;

    private readonly string _folder;
    private readonly string _image = Path.GetTempFileName();

    /// <param name="folder">Made, if it is not there.</param>
    public SmallDisk(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        using (var image = File.OpenHandle(_image, FileMode.Open, FileAccess.Write))
        {
            RandomAccess.SetLength(image, BytesMax);
        }

        Run("mkfs.ext4", "-q", "-F", "-m", "0", _image);
        Run("mount", "-o", "loop", _image, folder);
    }

    /// <summary>But for so many bytes.</summary>
    public void Fill(long leftBytes)
    {
        string filler = Path.Combine(_folder, Filler);
        int code;
        string errors;
        var clock = Stopwatch.StartNew();
        do
        {
            // Others write meanwhile: what was free a moment ago may not be any more.
            (code, errors) = Try("fallocate", "-l", $"{new DriveInfo(_folder).AvailableFreeSpace - leftBytes - RestBytes}", filler);
        }
        while (code != 0 && clock.Elapsed < TimeSpan.FromSeconds(5));

        Assert.True(code == 0, errors);
        using var file = File.OpenHandle(filler, FileMode.Open, FileAccess.Write);
        byte[] block = new byte[4096];
        try
        {
            for (long written = 0; written < RestBytes; written += block.Length)
            {
                RandomAccess.Write(file, block, RandomAccess.GetLength(file));
            }
        }
        catch (IOException)
        {
            // That was all.
        }
    }

    public void Free() => File.Delete(Path.Combine(_folder, Filler));

    public void Dispose()
    {
        Run("umount", _folder);
        File.Delete(_image);
    }

    private static void Run(string program, params string[] arguments)
    {
        var (code, errors) = Try(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {errors}");
    }

    private static (int Code, string Errors) Try(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
