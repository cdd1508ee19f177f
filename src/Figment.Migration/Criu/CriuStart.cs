using Figment.Linux.Children;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;

namespace Figment.Migration.Criu;

/// <summary>How CRIU is to be started. What it restores inherits the control groups and the filters of system calls that it is born with.</summary>
public sealed record CriuStart
{
    private const int FirstInherited = 3;

    /// <summary>The thread that waits for it only waits.</summary>
    private const int StackBytes = 256 * 1024;

    /// <summary>Its path.</summary>
    public required string Program { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Become its descriptors 3, 4 and so on; the standard ones lead nowhere.</summary>
    public required IReadOnlyList<Descriptor> Descriptors { get; init; }

    /// <summary>
    /// As a child of this process, in its session and in the namespaces of the calling thread. It ends with this process: without who asked it CRIU may wait for ever, and keep what the machine had.
    /// Of what it forked itself that is not said: whoever outlives this process ends its session.
    /// </summary>
    /// <exception cref="LinuxException">It cannot be executed.</exception>
    public static Pidfd Spawn(CriuStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var started = new TaskCompletionSource<Pidfd>();

        // Which thread's end it would be told is who forks it: that one stays as long. It begins in the namespaces of this one.
        new Thread(() =>
        {
            try
            {
                var process = Fork(start);
                using var own = Pidfd.Open(process.Pid);
                started.SetResult(process);
                own.AwaitEnd(Timeout.InfiniteTimeSpan);
            }
            catch (Exception exception)
            {
                // It ends with this thread, if it has begun.
                started.TrySetException(exception);
            }
        }, StackBytes) { IsBackground = true, Name = "criu" }.Start();
        return started.Task.GetAwaiter().GetResult();
    }

    /// <summary>Takes its descriptors, its signals, and its end with the thread that forks it. The result is closed once it is forked.</summary>
    public IReadOnlyList<Descriptor> AddTo(PreparedChild child)
    {
        ArgumentNullException.ThrowIfNull(child);

        // Above all numbers that they become, so that none is overwritten before its turn.
        List<Descriptor> copies = [.. Descriptors.Select(descriptor => FileCalls.Duplicate(descriptor, FirstInherited + Descriptors.Count))];
        var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        for (int number = 0; number < FirstInherited; number++)
        {
            child.AddDuplicate(nothing, number);
        }

        foreach (var (index, copy) in copies.Index())
        {
            child.AddDuplicate(copy, FirstInherited + index);
        }

        child.AddCloseOthers(FirstInherited + copies.Count);
        child.AddEndWithParentThread();
        child.AddDefaultSignals();
        return [.. copies, nothing];
    }

    private static Pidfd Fork(CriuStart start)
    {
        using var child = new PreparedChild();
        child.AddProcessGroup();
        child.AddDirectory("/");
        var copies = start.AddTo(child);
        try
        {
            child.AddExecute([start.Program], start.Arguments, start.Environment);
            var process = child.Start(NamespaceKind.None, sharesMemory: true);
            if (child.ReadReport() is { } failed)
            {
                process.Wait();
                process.Dispose();
                throw new LinuxException(failed.Error, failed.Label, start.Program);
            }

            return process;
        }
        finally
        {
            foreach (var copy in copies)
            {
                copy.Dispose();
            }
        }
    }
}
