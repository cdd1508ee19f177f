using Figment.Linux.Files;

namespace Figment.Migration.Lazy;

/// <summary>Sees to it that another process holds what processes lack memory by, while they lack any: when the last holder closes it the kernel gives them zeros. On the thread of <see cref="LazyPages"/>, or on that which disposes it.</summary>
public interface IFaultHolder
{
    /// <param name="faults">A userfaultfd; stays the caller's.</param>
    void Hold(Descriptor faults);

    /// <param name="faults">One that is held, before the caller closes it.</param>
    void Drop(Descriptor faults);
}
