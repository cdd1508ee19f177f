using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Polling;

/// <summary>epoll(7). One thread waits; any thread may add, change and remove.</summary>
public sealed class Epoll : IDisposable
{
    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EPOLL_CTL_ADD = 1;
    private const int EPOLL_CTL_DEL = 2;
    private const int EPOLL_CTL_MOD = 3;
    private const int EventsMax = 64;

    private readonly Descriptor _descriptor = new(LinuxException.ThrowIfNegative(Libc.epoll_create1(EPOLL_CLOEXEC), "epoll_create1(2)", "new set"));

    /// <param name="descriptor">Watched from now on; remove it before it is closed.</param>
    /// <param name="events">What to report.</param>
    /// <param name="token">Comes back with each report.</param>
    public void Add(Descriptor descriptor, PollEvents events, ulong token) => Control(EPOLL_CTL_ADD, descriptor, events, token);

    public void Change(Descriptor descriptor, PollEvents events, ulong token) => Control(EPOLL_CTL_MOD, descriptor, events, token);

    public void Remove(Descriptor descriptor) => Control(EPOLL_CTL_DEL, descriptor, PollEvents.None, 0);

    /// <summary>Waits for reports; none after the time-out or a signal.</summary>
    /// <param name="timeoutMs">-1: no time-out.</param>
    /// <param name="into">Cleared, then filled.</param>
    public unsafe void Wait(int timeoutMs, List<(ulong Token, PollEvents Events)> into)
    {
        into.Clear();
        var events = stackalloc Libc.EpollEvent[EventsMax];
        int count = Libc.epoll_wait(_descriptor.Number, events, EventsMax, timeoutMs);
        if (count < 0)
        {
            if (Marshal.GetLastPInvokeError() == (int)Errno.EINTR)
            {
                return;
            }

            throw LinuxException.Last("epoll_wait(2)", $"set {_descriptor.Number}");
        }

        for (int index = 0; index < count; index++)
        {
            into.Add((events[index].data, (PollEvents)events[index].events));
        }
    }

    public void Dispose() => _descriptor.Dispose();

    private unsafe void Control(int operation, Descriptor descriptor, PollEvents events, ulong token)
    {
        var change = new Libc.EpollEvent { events = (uint)events, data = token };
        LinuxException.ThrowIfNegative(Libc.epoll_ctl(_descriptor.Number, operation, descriptor.Number, &change), "epoll_ctl(2)", $"descriptor {descriptor.Number}");
    }
}
