using Figment.Box.Launching;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Polling;
using Figment.Model.Specs;

namespace Figment.Box.Output;

/// <summary>Carries a program's output to its log and to who is attached. One thread, until both streams have ended.</summary>
internal sealed class OutputPump : IDisposable
{
    private const int ChunkBytes = 64 * 1024;
    private const ulong OutputToken = 1;
    private const ulong ErrorToken = 2;
    private const ulong WakeToken = 3;

    private readonly ProgramStreams _streams;
    private readonly LogFile _log;
    private readonly LineSplitter _output;
    private readonly LineSplitter _error;
    private readonly Epoll _epoll = new();
    private readonly EventDescriptor _wake = new();
    private readonly Thread _thread;
    private readonly TimeSpan _followerPatience;
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private long _bytes;
    private volatile bool _stopping;

    /// <param name="streams">The program's.</param>
    /// <param name="folder">Of its log.</param>
    /// <param name="logging">What is kept.</param>
    /// <param name="followerPatience">How long the output waits for the first who follows it; zero: it does not.</param>
    /// <param name="time">The clock.</param>
    public OutputPump(ProgramStreams streams, string folder, LoggingSpec logging, TimeSpan followerPatience, TimeProvider time)
    {
        _streams = streams;
        _followerPatience = followerPatience;
        _log = new LogFile(folder, logging, time);
        _output = new LineSplitter("stdout", _log.Write, time);
        _error = new LineSplitter("stderr", _log.Write, time);
        _epoll.Add(_wake.Descriptor, PollEvents.Readable, WakeToken);
        _epoll.Add(streams.OutputReader, PollEvents.Readable, OutputToken);
        if (streams.ErrorReader is { } error)
        {
            _epoll.Add(error, PollEvents.Readable, ErrorToken);
        }

        _thread = new Thread(Run) { IsBackground = true, Name = "output" };
        _thread.Start();
    }

    /// <summary>What the program has written so far. Any thread.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Who wants the output from now on.</summary>
    public OutputFan Fan { get; } = new();

    /// <summary>Waits for the end of both streams; afterwards nothing is carried. Returns the last lines.</summary>
    public IReadOnlyList<string> Finish(TimeSpan patience)
    {
        Fan.WaitForFirst(_followerPatience);
        if (!_thread.Join(patience))
        {
            // Somebody outside the machine holds a stream open.
            _stopping = true;
            _wake.Set();
            _thread.Join();
        }

        return _log.LastLines;
    }

    public void Dispose()
    {
        _log.Dispose();
        _epoll.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        Fan.WaitForFirst(_followerPatience);
        int open = _streams.ErrorReader is null ? 1 : 2;
        List<(ulong Token, PollEvents Events)> ready = [];
        while (open > 0 && !_stopping)
        {
            _epoll.Wait(-1, ready);
            foreach (var (token, _) in ready)
            {
                if (token == OutputToken && !Carry(_streams.OutputReader, StreamKind.Output, _output))
                {
                    open--;
                }
                else if (token == ErrorToken && !Carry(_streams.ErrorReader!, StreamKind.Error, _error))
                {
                    open--;
                }
            }
        }

        _output.End();
        _error.End();
        Fan.End();
    }

    /// <summary>False at the end of the stream.</summary>
    private bool Carry(Descriptor stream, StreamKind kind, LineSplitter splitter)
    {
        int count;
        try
        {
            count = FileCalls.Read(stream, _chunk);
        }
        catch (LinuxException exception) when (exception.Error == Errno.EAGAIN)
        {
            return true;
        }
        catch (LinuxException exception) when (exception.Error == Errno.EIO)
        {
            // A terminal whose other end is closed.
            count = 0;
        }

        if (count == 0)
        {
            _epoll.Remove(stream);
            return false;
        }

        Interlocked.Add(ref _bytes, count);
        splitter.Add(_chunk.AsSpan(0, count));
        Fan.Send(kind, _chunk.AsSpan(0, count));
        return true;
    }
}
