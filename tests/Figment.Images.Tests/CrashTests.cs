using System.Diagnostics;
using Figment.Images.Tests.Support;

namespace Figment.Images.Tests;

/// <summary>A process that is killed in the middle of a pull.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Before = 200_000;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly StoreTest _test = new();
    private readonly FaultRegistry _registry = new();

    public void Dispose()
    {
        _registry.Dispose();
        _test.Dispose();
    }

    [Fact]
    public async Task A_killed_pull_leaves_a_whole_store_and_is_gone_on_with()
    {
        byte[] noise = new byte[600_000];
        new Random(3).NextBytes(noise);
        var image = TestImage.Of(new LayerTar().Bytes("noise", noise).Build());
        _registry.Serve(image);
        string path = "blobs/" + image.LayerDigests[0];
        using var release = new SemaphoreSlim(0);
        _registry.Interfere = async (context, asked, attempt) =>
        {
            if (asked != path || attempt > 0)
            {
                return false;
            }

            context.Response.ContentLength64 = _registry.Content[path].Content.Length;
            await context.Response.OutputStream.WriteAsync(_registry.Content[path].Content.AsMemory(0, Before));
            await context.Response.OutputStream.FlushAsync();
            await release.WaitAsync(Timeout);
            context.Response.Abort();
            return true;
        };
        string partial = Path.Combine(_test.Folder["store/partial"], image.LayerDigests[0][7..]);
        using (var child = StartChild())
        {
            await WaitUntilAsync(() => File.Exists(partial) && new FileInfo(partial).Length == Before, child);
            child.Kill();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        release.Release();
        _test.AssertNothingHappened();
        Assert.False(_test.Store.CollectGarbage(new HashSet<string>()).Busy);
        await _test.Store.PullAsync(_registry.Reference, new PullOptions(), TestContext.Current.CancellationToken);
        Assert.Contains((path, $"bytes={Before}-"), _registry.Requests);
        Assert.Single(_test.Store.List());
    }

    private Process StartChild() => Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Figment.Images.Tests"), ["-explicit", "only", "-method", $"{typeof(CrashChild).FullName}.{nameof(CrashChild.Pulls)}"])
    {
        Environment = { [CrashChild.StoreVariable] = _test.Folder["store"], [CrashChild.ReferenceVariable] = _registry.Reference.ToString() },
        RedirectStandardOutput = true,
    })!;

    private static async Task WaitUntilAsync(Func<bool> condition, Process child)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.False(child.HasExited, $"the child ended while it should pull: {(child.HasExited ? await child.StandardOutput.ReadToEndAsync() : "")}");
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Timeout, "the child did not download the first part in time");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}
