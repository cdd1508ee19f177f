using Figment.Api.Contract;
using Figment.Node.Errors;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Operations;

/// <summary>One operation at a time for each application. A second one waits its turn for a while; <c>down</c> cancels an <c>up</c> under way.</summary>
public sealed class OperationTable(TimeSpan wait, TimeProvider time, ILogger<OperationTable> log)
{
    /// <summary>Finished operations are remembered so that a command that is sent twice is done once.</summary>
    private const int RememberedMax = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Gate> _gates = [];
    private readonly Dictionary<string, Operation> _byId = [];
    private readonly Queue<string> _ids = [];

    /// <summary>What is being done to the application now, or null.</summary>
    public Operation? Current(string application)
    {
        lock (_lock)
        {
            return _gates.GetValueOrDefault(application)?.Current;
        }
    }

    public Operation? Find(string id)
    {
        lock (_lock)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    /// <summary>Begins an operation and returns at once; the same id begins it once only.</summary>
    /// <param name="id">The command's.</param>
    /// <param name="application">On what.</param>
    /// <param name="kind">What is done.</param>
    /// <param name="cancels">The kind of operation that this one puts an end to.</param>
    /// <param name="body">Does it; returns the last line.</param>
    public Operation Begin(string id, string application, string kind, string? cancels, Func<Operation, Task<ProgressLine>> body)
    {
        Operation operation;
        Gate gate;
        lock (_lock)
        {
            if (_byId.TryGetValue(id, out var known))
            {
                return known;
            }

            operation = new Operation(id, application, kind);
            Remember(operation);
            if (!_gates.TryGetValue(application, out gate!))
            {
                _gates[application] = gate = new Gate();
            }

            if (cancels is not null && gate.Current?.Kind == cancels)
            {
                gate.Current.Cancel();
            }
        }

        _ = Task.Run(() => RunAsync(operation, gate, body));
        return operation;
    }

    /// <summary>Begins an operation that needs no turn: its keeper orders what concerns one machine.</summary>
    public Operation BeginFree(string id, string application, string kind, Func<Operation, Task<ProgressLine>> body)
    {
        Operation operation;
        lock (_lock)
        {
            if (_byId.TryGetValue(id, out var known))
            {
                return known;
            }

            operation = new Operation(id, application, kind);
            Remember(operation);
        }

        _ = Task.Run(() => FinishAsync(operation, body));
        return operation;
    }

    private void Remember(Operation operation)
    {
        _byId[operation.Id] = operation;
        _ids.Enqueue(operation.Id);
        while (_ids.Count > RememberedMax && _byId[_ids.Peek()].Result.IsCompleted)
        {
            _byId.Remove(_ids.Dequeue(), out var old);
            old!.Dispose();
        }
    }

    private async Task RunAsync(Operation operation, Gate gate, Func<Operation, Task<ProgressLine>> body)
    {
        using var timeout = new CancellationTokenSource(wait, time);
        try
        {
            await gate.Turn.WaitAsync(timeout.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            string under = Current(operation.Application)?.Kind ?? "another operation";
            operation.Finish(new ProgressLine
            {
                Error = new ApiError
                {
                    Code = ErrorCode.Conflict,
                    Message = $"{operation.Kind} of {operation.Application} has waited {wait.TotalSeconds:0} s for \"{under}\", which is still under way",
                    Hint = under == "up" ? $"wait for it, or end it with: figment down -p {operation.Application}" : "wait for it and try again",
                },
            });
            return;
        }

        try
        {
            lock (_lock)
            {
                gate.Current = operation;
            }

            await FinishAsync(operation, body).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                gate.Current = null;
            }

            gate.Turn.Release();
        }
    }

    private async Task FinishAsync(Operation operation, Func<Operation, Task<ProgressLine>> body)
    {
        try
        {
            operation.Finish(await body(operation).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            var error = NodeException.Describe(exception);
            if (exception is OperationCanceledException)
            {
                error = new ApiError { Code = ErrorCode.Conflict, Message = $"{operation.Kind} of {operation.Application} was cancelled by a later command; what it had done was taken back" };
            }
            else if (error.Code == ErrorCode.Internal)
            {
                log.LogError(exception, "{Kind} of {Application} failed", operation.Kind, operation.Application);
            }

            operation.Finish(new ProgressLine { Error = error });
        }
    }

    private sealed class Gate
    {
        public SemaphoreSlim Turn { get; } = new(1);

        public Operation? Current { get; set; }
    }
}
