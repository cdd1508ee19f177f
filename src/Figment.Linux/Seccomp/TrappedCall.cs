namespace Figment.Linux.Seccomp;

/// <summary>A call that waits for its answer.</summary>
/// <param name="Id">Names it towards the kernel.</param>
/// <param name="Thread">Number of the calling thread, as this process sees it.</param>
/// <param name="Kind">Which call.</param>
/// <param name="Descriptor">First argument.</param>
/// <param name="Address">Second argument: for bind and connect where the address lies, for listen the backlog.</param>
/// <param name="Length">Third argument.</param>
/// <param name="Result">Fourth argument: where the answer of getsockopt goes.</param>
/// <param name="ResultLength">Fifth argument: where the length of that lies.</param>
public readonly record struct TrappedCall(ulong Id, int Thread, TrappedCallKind Kind, int Descriptor, ulong Address, ulong Length, ulong Result, ulong ResultLength);
