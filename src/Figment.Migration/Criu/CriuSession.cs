using System.Globalization;
using Figment.Linux.Children;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;
using Google.Protobuf;

namespace Figment.Migration.Criu;

/// <summary>A process of CRIU's that serves one request over a socket (<c>criu swrk</c>), asks at its notices, and answers. One caller.</summary>
internal sealed class CriuSession : IDisposable
{
    /// <summary>The service socket's number there; what it inherits follows.</summary>
    private const int ServiceNumber = 3;
    private const int SIGKILL = 9;
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(10);

    private readonly PacketSocket _socket;
    private readonly Pidfd _process;
    private bool _hasFailed;
    private bool _isReaped;

    private CriuSession(PacketSocket socket, Pidfd process) => (_socket, _process) = (socket, process);

    /// <summary>The number that an inherited descriptor has in CRIU.</summary>
    public static int NumberOf(int inherited) => ServiceNumber + 1 + inherited;

    /// <param name="program">CRIU.</param>
    /// <param name="inherited">It has these, too; they stay the caller's.</param>
    /// <param name="start">Starts it as a child of this process.</param>
    public static CriuSession Start(string program, IReadOnlyList<Descriptor> inherited, Func<CriuStart, Pidfd> start)
    {
        var (own, theirs) = PacketSocket.Pair();
        try
        {
            using (theirs)
            {
                string number = ServiceNumber.ToString(CultureInfo.InvariantCulture);
                var command = CriuProgram.Command(program);
                return new CriuSession(own, start(new CriuStart
                {
                    Program = command[0],
                    Arguments = [.. command, "swrk", number],
                    Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
                    Descriptors = [theirs, .. inherited],
                }));
            }
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }

    /// <summary>Asks, and answers its notices, until the response.</summary>
    /// <param name="request">Of which type and options.</param>
    /// <param name="onNotice">Whether to go on.</param>
    /// <param name="limit">For each wait from one word of CRIU's to the next: it may hang for ever on damaged images.</param>
    /// <exception cref="CriuException">It says nothing, or nothing that is understood.</exception>
    public CriuResponse Ask(CriuRequest request, Func<CriuNotice, bool> onNotice, TimeSpan limit)
    {
        try
        {
            _socket.Send(request.ToByteArray());
            while (true)
            {
                byte[] message = _socket.Receive(_process, limit) ?? throw new CriuException($"criu ended without an answer{HowItEnded()}");
                var response = CriuResponse.Parser.ParseFrom(message);
                if (response.Type != CriuRequestType.Notify)
                {
                    return response;
                }

                _socket.Send(new CriuRequest { Type = CriuRequestType.Notify, NotifySuccess = onNotice(response.Notice ?? new CriuNotice()) }.ToByteArray());
            }
        }
        catch (TimeoutException exception)
        {
            // It would not notice that nobody listens any more.
            _process.Signal(SIGKILL);
            _hasFailed = true;
            throw new CriuException($"criu said nothing for {limit.TotalSeconds:0.###} s and was ended", Errno.ETIMEDOUT, inner: exception);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new CriuException("criu said something that is not understood; its version may be another", inner: exception);
        }
        catch (LinuxException exception)
        {
            throw new CriuException($"criu ended without an answer{HowItEnded()}", exception.Error, inner: exception);
        }
    }

    /// <summary>A request that is still under way is broken off: CRIU lets go of what it was dumping, and what it had restored is killed by whoever knows it.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        if (!_isReaped)
        {
            if (!_process.AwaitEnd(EndWait))
            {
                _process.Signal(SIGKILL);
            }

            if (_hasFailed)
            {
                EndGroup();
            }

            _process.Wait();
        }

        _process.Dispose();
    }

    /// <summary>One that was killed leaves the children by which it tries what the kernel can; some of them stand still until it says so.</summary>
    private void EndGroup() => ProcessGroup.Signal(_process.Pid, SIGKILL);

    private string HowItEnded()
    {
        _hasFailed = true;
        if (!_isReaped && _process.AwaitEnd(TimeSpan.Zero))
        {
            EndGroup();
            var exit = _process.Wait();
            _isReaped = true;
            return exit.Signal is { } signal ? $" (signal {signal})" : $" (exit code {exit.Code})";
        }

        return "";
    }
}
