namespace Figment.Linux.Internet;

/// <summary>By the kernel's numbers (tcp_states.h).</summary>
public enum TcpState : byte
{
    None = 0,
    Established = 1,
    SynSent = 2,
    SynReceived = 3,
    FinWait1 = 4,
    FinWait2 = 5,
    TimeWait = 6,
    Closed = 7,
    CloseWait = 8,
    LastAck = 9,
    Listening = 10,
    Closing = 11,
}
