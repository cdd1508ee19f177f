using Figment.Node.Logs;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Logs;

public sealed class LogReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LogReader _reader = new(TimeProvider.System);

    private string LogPath => _folder.At("log.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rotated_files_come_first_oldest_first()
    {
        await File.WriteAllTextAsync(_folder.At("log.jsonl.2"), Line(1));
        await File.WriteAllTextAsync(_folder.At("log.jsonl.1"), Line(2) + Line(3));
        await File.WriteAllTextAsync(LogPath, Line(4) + "{\"half\n" + Line(5) + "{\"at\":");

        Assert.Equal(["1", "2", "3", "4", "5"], await ReadAsync(new LogQuery()));
        Assert.Equal(["4", "5"], await ReadAsync(new LogQuery { Tail = 2 }));
        Assert.Equal([], await ReadAsync(new LogQuery { Tail = 0 }));
        Assert.Equal(["3", "4"], await ReadAsync(new LogQuery { Since = At(3), Until = At(4) }));
    }

    [Fact]
    public async Task No_log_is_no_lines() => Assert.Equal([], await ReadAsync(new LogQuery()));

    [Fact]
    public async Task A_follower_loses_nothing_when_the_log_is_rotated()
    {
        await File.WriteAllTextAsync(LogPath, Line(1));
        using var ended = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var lines = _reader.ReadAsync(_folder.Path, new LogQuery { Follow = true }, ended.Token).GetAsyncEnumerator(ended.Token);
        async Task<string> NextAsync() => await lines.MoveNextAsync() ? lines.Current.Line : "the stream ended";

        Assert.Equal("1", await NextAsync());
        await File.AppendAllTextAsync(LogPath, Line(2));
        Assert.Equal("2", await NextAsync());
        await File.AppendAllTextAsync(LogPath, Line(3));
        File.Move(LogPath, _folder.At("log.jsonl.1"));
        await File.WriteAllTextAsync(LogPath, Line(4));
        Assert.Equal("3", await NextAsync());
        Assert.Equal("4", await NextAsync());
        await File.AppendAllTextAsync(LogPath, Line(5));
        Assert.Equal("5", await NextAsync());
    }

    private static DateTimeOffset At(int number) => DateTimeOffset.UnixEpoch.AddSeconds(number);

    private static string Line(int number) => $$"""{"at":"{{At(number):O}}","stream":"stdout","line":"{{number}}"}""" + "\n";

    private async Task<List<string>> ReadAsync(LogQuery query)
    {
        var lines = new List<string>();
        await foreach (var line in _reader.ReadAsync(_folder.Path, query, CancellationToken.None))
        {
            lines.Add(line.Line);
        }

        return lines;
    }
}
