using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Figment.Linux.Errors;
using Figment.Migration.Handover;
using Figment.Migration.Transfer;
using Figment.Model.Control;

namespace Figment.Box.Tests.Harness;

/// <summary>Takes a machine from its box into a folder, as its node's daemon and another's do.</summary>
internal sealed class Departure : IDisposable
{
    private const byte Input = 0;
    private const int Output = 1;
    private const int Error = 2;
    private const int Exit = 4;
    private const int Round = 6;

    private readonly StreamClient _client;
    private readonly string _verdict;
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly TaskCompletionSource<int> _code = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _why = new();

    private Departure(StreamClient client, string images, string verdict)
    {
        (_client, Images, _verdict) = (client, images, verdict);
        var thread = new Thread(ReadFrames) { IsBackground = true };
        thread.Start();
    }

    /// <summary>What has come.</summary>
    public string Images { get; }

    /// <summary>What the box has said of its rounds: of memory or of files, and their bytes.</summary>
    public ConcurrentQueue<(bool IsMemory, long Bytes)> Told { get; } = [];

    /// <summary>How long it took to make a snapshot of it.</summary>
    public TimeSpan Completing { get; private set; }

    public static Departure Begin(TestBox box, string name = "moved", bool stopsFirst = false, OweMode owes = OweMode.Never)
    {
        string verdict = Directory.CreateDirectory(Path.Combine(box.Folder, $"{name}.migration")).FullName;
        string images = Directory.CreateDirectory(Path.Combine(box.Folder, name)).FullName;
        var client = StreamClient.Open(box, new StreamRequest.Depart { Folder = Path.Combine(box.Folder, $"{name}.dump"), Verdict = verdict, StopsFirst = stopsFirst, Owes = owes });
        Assert.Null(client.Reply.Error);
        return new Departure(client, images, verdict);
    }

    /// <summary>How many pages are to come later.</summary>
    public long Owed { get; private set; }

    /// <summary>All of it has come when this returns, and the machine stands still.</summary>
    /// <param name="lazily">Its memory is to come when it is touched.</param>
    /// <returns>How many times memory came in a round.</returns>
    public int Take(bool lazily = false)
    {
        using var stream = _pipe.Reader.AsStream();
        using var folder = new TransferFolder(Images, Images + ".pages");
        new TransferReader(stream, folder).Run();
        long begun = Stopwatch.GetTimestamp();
        if (lazily)
        {
            folder.CompleteLazily();
        }
        else
        {
            folder.CompleteMachine();
        }

        Owed = folder.Owed;
        Completing = Stopwatch.GetElapsedTime(begun);
        return folder.Rounds;
    }

    /// <summary>The verdict, and the box is told to look.</summary>
    public void Rule(Verdict verdict)
    {
        Assert.Equal(verdict, new VerdictFile(_verdict).Rule(verdict));
        _client.Send(Input, "look"u8);
    }

    /// <summary>0: it is gone. Else 1, and why it stays.</summary>
    public (int Code, string Why) End()
    {
        Wait.Until(() => _code.Task.IsCompleted, "the box says how it went");
        return (_code.Task.Result, _why.ToString());
    }

    /// <summary>Whoever takes it dies.</summary>
    public void Dispose() => _client.Dispose();

    private void ReadFrames()
    {
        try
        {
            while (_client.TryReadFrame() is var (kind, payload))
            {
                switch (kind)
                {
                    case Output when payload.Length > 0:
                        _pipe.Writer.AsStream(leaveOpen: true).Write(payload);
                        break;
                    case Output:
                        _pipe.Writer.Complete();
                        break;
                    case Input:
                        _client.Send(Input, []);
                        break;
                    case Error:
                        _why.Append(Encoding.UTF8.GetString(payload));
                        break;
                    case Round:
                        Told.Enqueue((payload[0] != 0, BinaryPrimitives.ReadInt64BigEndian(payload.AsSpan(1))));
                        break;
                    default:
                        Assert.Equal(Exit, kind);
                        _code.SetResult(payload[0]);
                        break;
                }
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or LinuxException or InvalidOperationException)
        {
            // Whoever took it has left.
        }

        _pipe.Writer.Complete();
    }
}
