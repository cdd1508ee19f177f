using System.Threading.Channels;
using Figment.Api.Contract;

namespace Figment.Node.Operations;

/// <summary>One command under way. Its progress may be read by one reader; nobody needs to.</summary>
public sealed class Operation : IProgress<ProgressLine>, IDisposable
{
    /// <summary>Lines kept for a slow or absent reader; the oldest go first, the last line is kept apart.</summary>
    private const int LinesMax = 4_096;

    private readonly Channel<ProgressLine> _lines = Channel.CreateBounded<ProgressLine>(new BoundedChannelOptions(LinesMax) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly TaskCompletionSource<ProgressLine> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancellation = new();

    public Operation(string id, string application, string kind)
    {
        Id = id;
        Application = application;
        Kind = kind;
    }

    public string Id { get; }

    public string Application { get; }

    /// <summary><c>up</c>, <c>down</c>, <c>run</c>.</summary>
    public string Kind { get; }

    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>The last line: done, or the error.</summary>
    public Task<ProgressLine> Result => _result.Task;

    public void Report(ProgressLine value) => _lines.Writer.TryWrite(value);

    public void Report(string subject, string status) => Report(new ProgressLine { Subject = subject, Status = status });

    public void Cancel() => _cancellation.Cancel();

    /// <summary>All lines, the last one included.</summary>
    public async IAsyncEnumerable<ProgressLine> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var line in _lines.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            yield return line;
        }

        yield return await _result.Task.ConfigureAwait(false);
    }

    public void Dispose() => _cancellation.Dispose();

    internal void Finish(ProgressLine last)
    {
        _lines.Writer.TryComplete();
        _result.TrySetResult(last);
    }
}
