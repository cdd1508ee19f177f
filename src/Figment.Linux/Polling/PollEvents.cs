namespace Figment.Linux.Polling;

/// <summary>EPOLL* flags (epoll_ctl(2)).</summary>
[Flags]
public enum PollEvents : uint
{
    None = 0,
    Readable = 0x001,
    Priority = 0x002,
    Writable = 0x004,
    Error = 0x008,
    HungUp = 0x010,
    PeerClosed = 0x2000,
    OneShot = 1u << 30,
    EdgeTriggered = 1u << 31,
}
