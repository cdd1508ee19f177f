using Figment.Linux.Sockets;
using Figment.Linux.Unix;
using Figment.Migration.Lazy;

namespace Figment.Migration.Tests.Lazy;

/// <summary>The daemon without CRIU: somebody else comes, or nobody.</summary>
public sealed class LazySocketTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("figment-lazy-").FullName;
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Nobody_comes_and_it_is_disposed()
    {
        var pages = Listen();
        pages.Dispose();
        Assert.True(pages.Done.IsCanceled);
        Assert.Null(pages.Failure);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task What_is_not_understood_is_said_and_nothing_is_done()
    {
        using var pages = Listen();
        using var client = UnixListener.Connect(Path.Combine(_folder, "lazy-pages.socket"));
        DescriptorSocket.Send(client, "nonsense"u8, []);
        string reason = await _failed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Contains("is no process", reason, StringComparison.Ordinal);
        Assert.Equal(reason, pages.Failure);
        Assert.True(pages.Broken.IsCancellationRequested);
    }

    /// <summary>A restore that failed: whoever asked for it knows why.</summary>
    [Fact]
    public async Task One_that_leaves_is_no_failure_and_one_without_memory_is_complete()
    {
        using (var left = Listen())
        {
            UnixListener.Connect(Path.Combine(_folder, "lazy-pages.socket")).Dispose();
            LazyTree.Eventually(() => !File.Exists(Path.Combine(_folder, "lazy-pages.socket")), "it was accepted");
            Assert.Null(left.Failure);
            Assert.False(left.Done.IsCompleted);
        }

        using var pages = Listen();
        using var client = UnixListener.Connect(Path.Combine(_folder, "lazy-pages.socket"));
        DescriptorSocket.Send(client, [255, 255, 255, 255], []);
        DescriptorSocket.Send(client, "FTSR"u8, []);
        var report = await pages.Done.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal((0, 0), (report.Pages, report.Touched));
    }

    private LazyPages Listen()
    {
        string pages = Directory.CreateDirectory(Path.Combine(_folder, "pages")).FullName;
        return LazyPages.Listen(_folder, LazyMemory.Mark(_folder, pages), reason => _failed.TrySetResult(reason), holder: null, TimeProvider.System);
    }
}
