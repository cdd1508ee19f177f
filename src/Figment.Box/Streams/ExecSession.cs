using System.Buffers.Binary;
using Figment.Box.Launching;
using Figment.Box.Output;
using Figment.Linux.Children;
using Figment.Linux.Files;
using Figment.Linux.Polling;
using Figment.Linux.Processes;
using Figment.Linux.Streams;
using Figment.Model.Control;

namespace Figment.Box.Streams;

/// <summary>A further program in the machine, its streams carried to a client. One thread, which starts the program and sees its end.</summary>
internal sealed class ExecSession(MachineExec exec, FrameChannel client, StreamRequest.Exec request) : IDisposable
{
    private const int ChunkBytes = 32 * 1024;

    /// <summary>More than a pipe holds: what comes after that much was written by somebody who still runs.</summary>
    private const int DrainBytesMax = 1024 * 1024;
    private const int SIGHUP = 1;
    private const int SIGKILL = 9;

    /// <summary>What a program may do after its client left.</summary>
    private const int HangUpMs = 1_000;

    private const ulong ClientToken = 1;
    private const ulong OutputToken = 2;
    private const ulong ErrorToken = 3;
    private const ulong ProcessToken = 4;
    private const ulong InputToken = 5;

    private readonly Epoll _epoll = new();
    private readonly byte[] _chunk = new byte[ChunkBytes];
    private readonly LinkedList<ReadOnlyMemory<byte>> _input = new();
    private Pidfd? _process;
    private ProgramStreams? _streams;
    private bool _inputEnds;
    private bool _clientGone;
    private bool _clientPaused;

    /// <summary>A number of its own in the epoll set: a terminal's end is in it already, for reading.</summary>
    private Descriptor? _pauseWriter;

    public void Run()
    {
        try
        {
            (_process, _streams) = exec.Start(new ExecPlan
            {
                Arguments = request.Arguments,
                Environment = request.Environment,
                User = request.User,
                WorkingDirectory = request.WorkingDirectory,
                Terminal = request.Tty,
                Input = request.Stdin,
            });
        }
        catch (LaunchFailedException exception)
        {
            client.Reply(new StreamReply { Error = exception.Message, ExitCode = exception.ExitCode });
            return;
        }

        _clientGone = !client.Reply(new StreamReply());
        _epoll.Add(client.Socket, PollEvents.Readable, ClientToken);
        _epoll.Add(_streams.OutputReader, PollEvents.Readable, OutputToken);
        if (_streams.ErrorReader is { } error)
        {
            _epoll.Add(error, PollEvents.Readable, ErrorToken);
        }

        _epoll.Add(_process.Descriptor, PollEvents.Readable, ProcessToken);
        Loop();
        Drain(_streams.OutputReader, StreamKind.Output);
        if (_streams.ErrorReader is { } last)
        {
            Drain(last, StreamKind.Error);
        }

        client.Write(StreamKind.Exit, [(byte)_process.Wait().Code]);
    }

    public void Dispose()
    {
        _epoll.Dispose();
        _pauseWriter?.Dispose();
        _streams?.Dispose();
        _process?.Dispose();
    }

    /// <summary>Until the process ends.</summary>
    private void Loop()
    {
        List<(ulong Token, PollEvents Events)> ready = [];
        bool hungUp = false;
        while (true)
        {
            if (_clientGone && !hungUp)
            {
                hungUp = true;
                _epoll.Remove(client.Socket);
                ProcessGroup.Signal(_process!.Pid, SIGHUP);
            }

            _epoll.Wait(hungUp ? HangUpMs : -1, ready);
            if (hungUp && ready.Count == 0)
            {
                ProcessGroup.Signal(_process!.Pid, SIGKILL);
            }

            foreach (var (token, _) in ready)
            {
                switch (token)
                {
                    case ProcessToken:
                        return;
                    case ClientToken:
                        ReadClient();
                        break;
                    case OutputToken:
                        Carry(_streams!.OutputReader, StreamKind.Output);
                        break;
                    case ErrorToken:
                        Carry(_streams!.ErrorReader!, StreamKind.Error);
                        break;
                    default:
                        WriteInput();
                        break;
                }
            }
        }
    }

    private void ReadClient()
    {
        if (!_clientGone && !client.Read(Frame))
        {
            _clientGone = true;
            return;
        }

        WriteInput();
    }

    private void Frame(StreamKind kind, ReadOnlyMemory<byte> payload)
    {
        switch (kind)
        {
            case StreamKind.Input when payload.IsEmpty:
                _inputEnds = true;
                break;
            case StreamKind.Input:
                _input.AddLast(payload.ToArray());
                break;
            case StreamKind.Size when payload.Length == 4:
                _streams!.Terminal?.Resize(BinaryPrimitives.ReadUInt16BigEndian(payload.Span), BinaryPrimitives.ReadUInt16BigEndian(payload.Span[2..]));
                break;
            case StreamKind.Signal when payload.Length == 1:
                _process!.Signal(payload.Span[0]);
                break;
            default:
                throw new InvalidDataException($"a frame of kind {(byte)kind} and {payload.Length} bytes");
        }
    }

    /// <summary>Writes what the program takes; while something is left the client is not read, so that it is held up and not the box's memory filled.</summary>
    private void WriteInput()
    {
        while (_input.First is { } first && _streams!.InputWriter is { IsClosed: false } writer)
        {
            int written = NonBlocking.TryWrite(writer, first.Value.Span);
            if (written < 0)
            {
                _input.Clear();
            }
            else if (written < first.Value.Length)
            {
                first.Value = first.Value[written..];
                PauseClient(writer);
                return;
            }
            else
            {
                _input.RemoveFirst();
            }
        }

        ResumeClient();
        if (_inputEnds && _streams!.Terminal is null && _streams.InputWriter is { IsClosed: false } end)
        {
            end.Dispose();
        }
    }

    private void PauseClient(Descriptor writer)
    {
        if (!_clientPaused)
        {
            _clientPaused = true;
            _pauseWriter = FileCalls.Duplicate(writer);
            _epoll.Remove(client.Socket);
            _epoll.Add(_pauseWriter, PollEvents.Writable, InputToken);
        }
    }

    private void ResumeClient()
    {
        if (_clientPaused)
        {
            _clientPaused = false;
            _epoll.Remove(_pauseWriter!);
            _pauseWriter!.Dispose();
            _epoll.Add(client.Socket, PollEvents.Readable, ClientToken);
        }
    }

    private void Carry(Descriptor stream, StreamKind kind)
    {
        int count = NonBlocking.TryRead(stream, _chunk);
        if (count == 0)
        {
            _epoll.Remove(stream);
        }
        else if (count > 0 && !client.Write(kind, _chunk.AsSpan(0, count)))
        {
            _clientGone = true;
        }
    }

    /// <summary>What the program wrote before it ended; what it left running may go on writing, unseen.</summary>
    private void Drain(Descriptor stream, StreamKind kind)
    {
        int carried = 0;
        while (carried < DrainBytesMax && NonBlocking.TryRead(stream, _chunk) is > 0 and var count && client.Write(kind, _chunk.AsSpan(0, count)))
        {
            carried += count;
        }
    }
}
