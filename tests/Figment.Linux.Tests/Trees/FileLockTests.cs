using System.Globalization;
using Figment.Linux.Files;
using Figment.Linux.Trees;

namespace Figment.Linux.Tests.Trees;

public sealed class FileLockTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Shared_ones_are_held_together_and_an_exclusive_one_alone()
    {
        using (FileLock.TryTake(_path, exclusive: false))
        using (var second = FileLock.TryTake(_path, exclusive: false))
        {
            Assert.NotNull(second);
            Assert.Null(FileLock.TryTake(_path, exclusive: true));
        }

        using var alone = FileLock.TryTake(_path, exclusive: true);
        Assert.NotNull(alone);
        Assert.Null(FileLock.TryTake(_path, exclusive: false));
    }

    /// <summary>As a child has one between fork and exec.</summary>
    [Fact]
    public void What_is_given_back_is_free_though_a_copy_of_its_descriptor_is_open()
    {
        var held = FileLock.TryTake(_path, exclusive: true)!;
        string number = Directory.GetFiles("/proc/self/fd").Single(link => TargetOf(link) == _path);
        using var original = new Descriptor(int.Parse(Path.GetFileName(number), CultureInfo.InvariantCulture));
        using var copy = FileCalls.Duplicate(original);
        original.Release();

        held.Dispose();
        held.Dispose();

        using var again = FileLock.TryTake(_path, exclusive: true);
        Assert.NotNull(again);
    }

    /// <summary>Null: it was closed meanwhile.</summary>
    private static string? TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
