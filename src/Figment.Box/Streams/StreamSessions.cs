using Figment.Box.Departures;
using Figment.Box.Diagnostics;
using Figment.Box.Launching;
using Figment.Box.Output;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Model.Control;

namespace Figment.Box.Streams;

/// <summary>The clients of exec and attach, and of a machine that moves. Any thread.</summary>
internal sealed class StreamSessions(MachineExec exec, ProgramStreams streams, OutputFan fan, Action<int> signal, DepartureRun departures, BoxLog log)
{
    private readonly TaskCompletionSource<int> _exitCode = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private int _running;
    private bool _ending;

    /// <summary>Serves one client to its end; owns the socket.</summary>
    public void Serve(Descriptor socket, StreamRequest request)
    {
        using var client = new FrameChannel(socket);
        if (!TryBegin())
        {
            return;
        }

        try
        {
            switch (request)
            {
                case StreamRequest.Exec wanted:
                    using (var session = new ExecSession(exec, client, wanted))
                    {
                        session.Run();
                    }

                    break;
                case StreamRequest.Attach wanted when client.Reply(new StreamReply()):
                    using (var session = new AttachSession(client, streams, fan, _exitCode.Task, signal))
                    {
                        session.Run(wanted.Stdin);
                    }

                    break;
                case StreamRequest.Depart wanted:
                    departures.Serve(client, wanted);
                    break;
                case StreamRequest.Owed:
                    departures.Owed.Serve(client);
                    break;
                default:
                    break;
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or LinuxException)
        {
            log.Warn($"a client's {request.GetType().Name} ended: {exception.Message}");
        }
        finally
        {
            Release();
        }
    }

    /// <summary>The machine's program has ended.</summary>
    public void Ended(int exitCode) => _exitCode.TrySetResult(exitCode);

    /// <summary>Waits for the clients to be served to their end; a new one is served no more.</summary>
    public void Finish(TimeSpan patience)
    {
        lock (_lock)
        {
            _ending = true;
            if (_running == 0)
            {
                return;
            }
        }

        _idle.Task.Wait(patience);
    }

    private bool TryBegin()
    {
        lock (_lock)
        {
            _running += _ending ? 0 : 1;
            return !_ending;
        }
    }

    private void Release()
    {
        lock (_lock)
        {
            if (--_running == 0 && _ending)
            {
                _idle.TrySetResult();
            }
        }
    }
}
