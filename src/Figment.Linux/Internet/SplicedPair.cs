using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Internet;

/// <summary>
/// Two connected sockets whose bytes go from each to the other inside the kernel (splice(2)), each direction ending on its own. Non-blocking sockets, one thread,
/// called again whenever one of them became readable or writable (edge-triggered).
/// </summary>
public sealed class SplicedPair : IDisposable
{
    private readonly Direction _forth;
    private readonly Direction _back;

    /// <summary>Owns both.</summary>
    public SplicedPair(Descriptor first, Descriptor second)
    {
        First = first;
        Second = second;
        _forth = new Direction(first, second);
        _back = new Direction(second, first);
    }

    public Descriptor First { get; }

    public Descriptor Second { get; }

    /// <summary>Moves what can be moved; false once both directions have ended.</summary>
    /// <exception cref="LinuxException">One end was reset.</exception>
    public bool Pump()
    {
        bool forth = _forth.Pump();
        bool back = _back.Pump();
        return forth || back;
    }

    public void Dispose()
    {
        _forth.Dispose();
        _back.Dispose();
        First.Dispose();
        Second.Dispose();
    }

    private sealed class Direction(Descriptor from, Descriptor to) : IDisposable
    {
        /// <summary>A pipe's usual capacity.</summary>
        private const int ChunkBytes = 65_536;

        private readonly (Descriptor Read, Descriptor Write) _pipe = FileCalls.Pipe();
        private nint _pending;
        private bool _ended;
        private bool _passedOn;

        public bool Pump()
        {
            while (!_passedOn)
            {
                if (_pending > 0)
                {
                    nint moved = Splice(_pipe.Read, to, (int)_pending);
                    if (moved < 0)
                    {
                        return true;
                    }

                    _pending -= moved;
                }
                else if (_ended)
                {
                    InternetSocket.EndSending(to);
                    _passedOn = true;
                }
                else
                {
                    nint moved = Splice(from, _pipe.Write, ChunkBytes);
                    if (moved < 0)
                    {
                        return true;
                    }

                    (_pending, _ended) = (moved, moved == 0);
                }
            }

            return false;
        }

        public void Dispose()
        {
            _pipe.Read.Dispose();
            _pipe.Write.Dispose();
        }

        /// <summary>-1: not now.</summary>
        private static unsafe nint Splice(Descriptor source, Descriptor target, int bytes)
        {
            while (true)
            {
                nint moved = Libc.splice(source.Number, null, target.Number, null, (nuint)bytes, Libc.SPLICE_F_MOVE | Libc.SPLICE_F_NONBLOCK);
                if (moved >= 0)
                {
                    return moved;
                }

                var error = LinuxException.Last("splice(2)", $"socket {source.Number} to {target.Number}");
                switch (error.Error)
                {
                    case Errno.EAGAIN:
                        return -1;
                    case Errno.EINTR:
                        continue;
                    default:
                        throw error;
                }
            }
        }
    }
}
